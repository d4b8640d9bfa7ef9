"""The signs of the shortcodes that are met most; others stay as they were typed, which people read as well."""

EMOJI = {
    "slight_smile": "🙂", "slightly_smiling_face": "🙂", "smile": "😄", "smiley": "😃", "grinning": "😀", "grin": "😁",
    "joy": "😂", "rofl": "🤣", "laughing": "😆", "sweat_smile": "😅", "wink": "😉", "blush": "😊", "heart_eyes": "😍",
    "kissing_heart": "😘", "thinking": "🤔", "neutral_face": "😐", "expressionless": "😑", "roll_eyes": "🙄",
    "confused": "😕", "slight_frown": "🙁", "frowning": "☹️", "disappointed": "😞", "cry": "😢", "sob": "😭",
    "angry": "😠", "rage": "😡", "scream": "😱", "flushed": "😳", "sunglasses": "😎", "nerd_face": "🤓",
    "stuck_out_tongue": "😛", "stuck_out_tongue_winking_eye": "😜", "upside_down_face": "🙃", "hugs": "🤗",
    "sleeping": "😴", "zipper_mouth_face": "🤐", "face_with_raised_eyebrow": "🤨", "partying_face": "🥳",
    "+1": "👍", "thumbsup": "👍", "-1": "👎", "thumbsdown": "👎", "clap": "👏", "wave": "👋",
    "pray": "🙏", "muscle": "💪",
    "ok_hand": "👌", "raised_hands": "🙌", "point_up": "☝️", "point_right": "👉", "point_down": "👇", "eyes": "👀",
    "facepalm": "🤦", "man_facepalming": "🤦‍♂️", "woman_facepalming": "🤦‍♀️", "shrug": "🤷", "man_shrugging": "🤷‍♂️",
    "heart": "❤️", "broken_heart": "💔", "sparkles": "✨", "star": "⭐", "star2": "🌟", "fire": "🔥", "tada": "🎉",
    "rocket": "🚀", "100": "💯", "zap": "⚡", "bulb": "💡", "bug": "🐛", "warning": "⚠️", "x": "❌", "no_entry": "⛔",
    "white_check_mark": "✅", "heavy_check_mark": "✔️", "question": "❓", "exclamation": "❗", "information_source": "ℹ️",
    "link": "🔗", "lock": "🔒", "key": "🔑", "gear": "⚙️", "wrench": "🔧", "hammer": "🔨", "computer": "💻",
    "email": "📧", "memo": "📝", "pushpin": "📌", "calendar": "📆", "coffee": "☕", "beer": "🍺", "robot": "🤖",
    "arrow_right": "➡️", "arrow_left": "⬅️", "arrow_up": "⬆️", "arrow_down": "⬇️", "hourglass": "⌛", "mailbox": "📫",
}  # fmt: skip
