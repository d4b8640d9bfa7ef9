"""The reply in a mail's text: what its writer wrote, without what is quoted below or above, and without signatures.

Each line is marked with what it is, and the marks decide what stays. What programs write above a quote ("On Monday Ana
wrote:") is told by its form: a date or an address and a word for writing, in the languages listed here.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Sequence

_WROTE = (
    r"wrote|writes|schrieb|geschreven|schreef|écrit|ecrit|escribió|escreveu|scritto|skrev|skriver|napisał(?:\(a\)|a)?"
    r"|napsal(?:\(a\)|a)?|написал(?:\(а\)|а)?|написав|пише|пишет|írta|kirjoitti|yazdı|写道|寫道|のメール|작성"
)
_WROTE_AT_END = re.compile(rf"(?:{_WROTE})\s*(?:\S+\s*)?[:：]?[\s*_-]*$", re.IGNORECASE)
_WROTE_WITHIN = re.compile(rf"(?<!\w)(?:{_WROTE})(?!\w)", re.IGNORECASE)
_I_WROTE = re.compile(r"\b(?:I|we|ich|wir|je|nous|ik|yo) (?:wrote|schrieb|schreef|escrib)", re.IGNORECASE)
_ADDRESS = re.compile(r"<[^<>\s]*@[^<>\s]+\s*>|@\S+\.\w|mailto:")
_DATE_FIRST = re.compile(r"^\d{4}[-/.]\d{1,2}[-/.]\d{1,2}\b.{3,}")
_ZONE = re.compile(r"\bGMT[+-]\d|<\S*@")
_OPENS = re.compile(r"^(?:On|At|Le|Am|El|Em|Il|Op|Den|Dnia|W dniu|Dne|Kuupäev|Pe|在|於)\b|^\d|^在")
_BANNER = re.compile(
    r"^\W{0,2}-{2,}\s*(?:Original[ -]?(?:Message|Nachricht)|Forwarded message|Ursprüngliche Nachricht"
    r"|Weitergeleitete Nachricht"
    r"|Mensaje original|Message (?:d'origine|original|transféré)|Messaggio originale|Mensagem original"
    r"|Oorspronkelijk bericht|Ursprungligt meddelande|Opprinnelig melding|Oprindelig meddelelse|Wiadomość oryginalna"
    r"|Исходное сообщение|原始邮件|原始郵件|On .* wrote)\s*-{2,}\W{0,2}$"
    r"|^(?:Begin forwarded message|Anfang der weitergeleiteten (?:Nachricht|E-Mail)"
    r"|Début du message (?:réexpédié|transféré)):$",
    re.IGNORECASE,
)
_FIELD = re.compile(
    r"^[\s>]*\**(?:From|Sent|To|Cc|Subject|Date|Reply-To|Von|Gesendet|An|Betreff|Datum|Antwort an|De|Envoyé|À"
    r"|Objet|Répondre à"
    r"|Enviado(?: el)?|Para|Asunto|Fecha|Da|A|Oggetto|Data|Inviato|Risposta|Van|Verzonden|Aan|Onderwerp|Från"
    r"|Skickat|Till|Ämne"
    r"|Fra|Sendt|Til|Emne|Od|Wysłano|Do|Temat|От|Отправлено|Кому|Тема|Дата|Assunto|发件人|发送时间|收件人|主题)\s?:\**\s*\S",
    re.IGNORECASE,
)
_SIGNATURE = re.compile(
    r"^\W{0,3}(?:Sent|Someone|Written)?\s*(?:from|via|with|by)\s+(?:\[|<|my\b|mail(?:box)?\b|a phone|mobile"
    r"|airmail|outlook|"
    r"windows|yahoo|galaxy|gmail|proton|iphone|ipad|android|blackberry|the .{2,20} app\b).{0,80}$"
    r"|^(?:Get|Download) \[?Outlook for .{1,60}$"
    r"|^(?:Envoyé (?:depuis|de) mon|Enviado desde mi|Enviado do meu|Inviato da|Verzonden (?:met|vanaf|vanuit)"
    r"|Sendt fra min"
    r"|Skickat från min|Wysłane z|Отправлено с|Надіслано з|Von meinem .{2,30} gesendet|Gesendet (?:von|mit) "
    r"|Diese Nachricht wurde von meinem .{2,60} gesendet).{0,60}$"
    r"|^(?:從|从)我的 .{1,30}(?:傳送|发送|發送)$",
    re.IGNORECASE,
)
_RULE = re.compile(r"^\s*_{5,}\s*$")
_DASHES = re.compile(r"^\s*(?:--|—|–)\s*$")
_INVISIBLE = dict.fromkeys([*range(0x200B, 0x2010), 0x2060, 0xFEFF, 0x1427])
_LONGEST = 300
_LINES = 5


class Kind(enum.StrEnum):
    """What a line is; HEAD is what a program writes above a quote, FIELD one line of a copied header."""

    TEXT = "t"
    EMPTY = "e"
    QUOTE = "q"
    HEAD = "h"
    FIELD = "f"
    END = "s"
    """A signature begins."""
    DROPPED = "d"


def trim_reply(text: str) -> str:
    """What the writer of a mail wrote themselves; "" where that is nothing."""
    lines = [line.rstrip() for line in text.translate(_INVISIBLE).replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    kinds = _kinds(lines)
    kept = _keep(lines, kinds)
    return "\n".join(kept).strip("\n")


def _kinds(lines: Sequence[str]) -> list[Kind]:
    kinds: list[Kind] = []
    fenced = False
    while len(kinds) < len(lines):
        at = len(kinds)
        line = lines[at]
        if line.lstrip().startswith("```"):
            fenced = not fenced
            kinds.append(Kind.TEXT)
        elif fenced and any(later.lstrip().startswith("```") for later in lines[at:]):
            kinds.append(Kind.TEXT)
        elif taken := _head(lines, at):
            kinds += [Kind.HEAD] * taken
        else:
            kinds.append(_kind(line))
    return _with_fields(lines, kinds)


def _kind(line: str) -> Kind:
    bare = line.strip()
    if not bare:
        return Kind.EMPTY
    if _SIGNATURE.match(bare):
        return Kind.DROPPED
    if _DASHES.match(line) or _RULE.match(line):
        return Kind.END
    if _FIELD.match(line) and not bare.startswith((">", "|")):
        return Kind.FIELD
    if bare[0] in ">|" or re.match(r"^[A-Z]{1,3}>(?:\s|$)", bare):
        return Kind.QUOTE
    return Kind.TEXT


def _head(lines: Sequence[str], at: int) -> int:
    """How many lines from here on are what a program writes above a quote; 0 for none."""
    quoted = lines[at].lstrip().startswith(">")
    first = lines[at].lstrip("> \t")
    if not first:
        return 0
    if _BANNER.match(first.strip()):
        return 1
    joined = ""
    for count, line in enumerate(lines[at : at + 2 * _LINES], 1):
        bare = line.lstrip("> \t") if quoted or _closes(line) else line.strip()
        if not bare and not _opens_address(lines, at + count):
            return 0
        joined = f"{joined} {bare}".strip()
        if len(joined) > _LONGEST:
            return 0
        if count > 1 and not (_OPENS.match(first) or _ADDRESS.search(first)):
            return 0
        if _introduces(joined):
            further = _rest(lines, at + count)
            return count + further
    return 0


def _closes(line: str) -> bool:
    """A line that ends an address that was broken: "> wrote:"."""
    return bool(re.match(r"^>\s*:?\s*(?:wrote:?)?$", line.strip()))


def _opens_address(lines: Sequence[str], after: int) -> bool:
    return after < len(lines) and lines[after].lstrip().startswith("<") and not lines[after].strip().endswith(">")


def _rest(lines: Sequence[str], after: int) -> int:
    """What is left of an introduction that was wrapped once more: ">:" on a line of its own, or "um 12:52 Uhr:"."""
    following = lines[after].strip() if after < len(lines) else ""
    return int(bool(re.match(r"^(?:>?\s*:|>\s*wrote:|[^>|]{1,40}[:：])$", following)) and len(following) < 40)


def _introduces(joined: str) -> bool:
    digits, address = any(one.isdigit() for one in joined), bool(_ADDRESS.search(joined))
    if _I_WROTE.search(joined):
        return False
    if _WROTE_AT_END.search(joined) and (
        address or (digits and (_OPENS.match(joined) or joined.endswith((":", "："))))
    ):
        return True
    if digits and address and _WROTE_WITHIN.search(joined) and joined.endswith((":", "：", ">")):
        return True
    return bool(_DATE_FIRST.match(joined) and _ZONE.search(joined) and not re.search(r"<[^>]*$", joined))


def _with_fields(lines: Sequence[str], kinds: list[Kind]) -> list[Kind]:
    """Three or more lines of a copied header in a row are the head of a quote; fewer are text."""
    at = 0
    while at < len(kinds):
        if kinds[at] is not Kind.FIELD:
            at += 1
            continue
        end, fields = at, 0
        while end < len(kinds) and (kinds[end] is Kind.FIELD or (fields >= 2 and _goes_on(kinds, end))):
            fields += kinds[end] is Kind.FIELD
            end += 1
        found = Kind.HEAD if fields >= 3 else Kind.TEXT
        kinds[at:end] = [found] * (end - at)
        if found is Kind.HEAD:
            _take_rule_above(kinds, lines, at)
        at = end
    return kinds


def _goes_on(kinds: Sequence[Kind], at: int) -> bool:
    """A field that spans two lines."""
    return kinds[at] is Kind.TEXT and at + 1 < len(kinds) and kinds[at + 1] is Kind.FIELD


def _take_rule_above(kinds: list[Kind], lines: Sequence[str], at: int) -> None:
    above = at - 1
    while above >= 0 and kinds[above] is Kind.EMPTY:
        above -= 1
    if above >= 0 and re.fullmatch(r"\s*[-_=*]{3,}\s*", lines[above]):
        kinds[above] = Kind.HEAD


def _keep(lines: Sequence[str], kinds: Sequence[Kind]) -> list[str]:
    """Which lines stay."""
    pairs = [(kind, line) for kind, line in zip(kinds, lines, strict=True) if kind is not Kind.DROPPED]
    marks = "".join(kind.value for kind, _line in pairs)
    quotes_alone = "h" not in marks
    if (end := _signature(marks)) is not None:
        pairs, marks = pairs[:end], marks[:end]
    first = marks.find("h")
    while first >= 0:
        before, after = marks[:first], marks[first:].lstrip("h")
        start = len(marks) - len(after)
        answers_below = re.match(r"e*q[qe]*t", after)
        if "t" in before and not answers_below:
            pairs, marks = pairs[:first], marks[:first]
        elif "t" not in before and answers_below and "h" not in after.rstrip("eq") and not re.search(r"t[et]*q", after):
            last = max(marks.rfind("q"), start)
            pairs, marks = pairs[last + 1 :], marks[last + 1 :]
        else:  # words between the quotes: only what the program wrote is in the way
            pairs, marks = pairs[:first] + pairs[start:], before + after
        first = marks.find("h")
    if "t" in marks:
        end = len(marks.rstrip("qe"))
        pairs = pairs[:end]
    elif not quotes_alone or not any(line.strip("> \t|") for _kind, line in pairs):
        pairs = []
    return [line for _kind, line in pairs]


def _signature(marks: str) -> int | None:
    """Where the first signature begins that no quote follows with words below it; None without one."""
    for found in re.finditer("s", marks):
        if "t" in marks[: found.start()] or "q" in marks[: found.start()] or "h" not in marks[found.start() :]:
            return found.start()
    return None
