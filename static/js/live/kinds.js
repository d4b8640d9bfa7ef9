// For each kind of subject: what there is to say when it stands otherwise than the page shows. `shown` is what the page
// was made with, `now` what was heard last, `words` the page's own sentences. A result of null says nothing.

export const MOST = 300;

/** A sentence for a count, in the form that the page's language has for it. */
export function counted(forms, count) {
  const form = new Intl.PluralRules(document.documentElement.lang).select(count);
  return (forms[form] ?? forms.other).replace("{count}", new Intl.NumberFormat(document.documentElement.lang).format(count));
}

export const kinds = {
  thread(shown, now, words) {
    const answers = Math.max(0, now.answers - shown.answers);
    const comments = Math.max(0, now.comments - shown.comments);
    const said = [answers && counted(words.answers, answers), comments && counted(words.comments, comments)].filter(Boolean);
    if (said.length > 0) return { text: said.join(", "), count: answers + comments };
    if (now.state === shown.state || onlyCounted(shown.state, now.state)) return null;
    return { text: now.state.split(" ").includes("solved") ? words.solved : words.changed, count: 0 };
  },

  queue(shown, now, words) {
    const fresh = notAmong(shown.open, now.open);
    return fresh > 0 ? { text: counted(words.new, fresh), count: fresh } : null;
  },

  review(shown, now, words) {
    if (now.version !== shown.version) return { text: words.changed, count: 1 };
    if (now.claim?.by === shown.claim?.by) return null;
    return { text: now.claim ? words.claimed.replace("{name}", now.claim.by) : words.free, count: 0 };
  },

  desk(shown, now, words) {
    const fresh = notAmong(shown.waiting, now.waiting);
    if (fresh > 0) return { text: counted(words.new, fresh), count: fresh };
    return now.moved === shown.moved ? null : { text: words.changed, count: 0 };
  },

  imports(shown, now, words) {
    return now.state === shown.state ? null : { text: words.changed, count: 0 };
  },

  ticket: conversation,
  work: conversation,
  me: () => null,
};

// Of very many only the newest are told of: an older one that shows up among them is not new.
function notAmong(shown, now) {
  const there = new Set(shown);
  const oldest = shown.length < MOST ? 0 : Math.min(...shown);
  return now.filter((id) => id > oldest && !there.has(id)).length;
}

function conversation(shown, now, words) {
  const fresh = now.words - shown.words;
  if (fresh > 0) return { text: now.by ? words.wrote.replace("{name}", now.by) : words.new, count: fresh };
  if (now.holder && now.holder !== shown.holder) return { text: words.holder.replace("{name}", now.holder), count: 0 };
  return now.state !== shown.state || now.version !== shown.version ? { text: words.changed, count: 0 } : null;
}

// An answer alone makes a question answered; that an answer came has been said by then, or it went again.
function onlyCounted(one, other) {
  const plain = (state) => state.replace(/\banswered\b/, "open");
  return plain(one) === plain(other);
}
