// Slack's short names of emoji and the characters they stand for.

const NAMES = {
  white_check_mark: '✅', heavy_check_mark: '✔️', ballot_box_with_check: '☑️', x: '❌', negative_squared_cross_mark: '❎',
  eyes: '👀', no_bell: '🔕', bell: '🔔', '+1': '👍', thumbsup: '👍', '-1': '👎', thumbsdown: '👎', tada: '🎉', warning: '⚠️',
  hourglass: '⌛', hourglass_flowing_sand: '⏳', raised_hands: '🙌', clap: '👏', pray: '🙏', wave: '👋', ok_hand: '👌',
  point_right: '👉', point_left: '👈', point_up: '☝️', point_down: '👇', muscle: '💪', heart: '❤️', fire: '🔥', rocket: '🚀', ship: '🚢',
  rotating_light: '🚨', octagonal_sign: '🛑', no_entry: '⛔', no_entry_sign: '🚫', construction: '🚧', stopwatch: '⏱️',
  alarm_clock: '⏰', timer_clock: '⏲️', clock1: '🕐', clock2: '🕑', clock3: '🕒', clock9: '🕘', clock12: '🕛', calendar: '📆',
  date: '📅', spiral_calendar_pad: '🗓️', lock: '🔒', unlock: '🔓', key: '🔑', shield: '🛡️', gear: '⚙️', wrench: '🔧',
  hammer: '🔨', hammer_and_wrench: '🛠️', mag: '🔍', mag_right: '🔎', memo: '📝', pencil: '📝', pencil2: '✏️', clipboard: '📋',
  page_facing_up: '📄', scroll: '📜', books: '📚', book: '📖', bookmark: '🔖', package: '📦', file_folder: '📁', file_cabinet: '🗄️',
  floppy_disk: '💾', card_file_box: '🗃️', bar_chart: '📊', chart_with_upwards_trend: '📈', chart_with_downwards_trend: '📉',
  bulb: '💡', zap: '⚡', sparkles: '✨', star: '⭐', dart: '🎯', checkered_flag: '🏁', trophy: '🏆', bug: '🐛', ghost: '👻',
  robot_face: '🤖', lighthouse: '🗼', flashlight: '🔦', lantern: '🏮', izakaya_lantern: '🏮', crystal_ball: '🔮', compass: '🧭',
  globe_with_meridians: '🌐', earth_asia: '🌏', cloud: '☁️', snowflake: '❄️', sunny: '☀️', umbrella: '☔', moon: '🌔', zzz: '💤',
  bust_in_silhouette: '👤', busts_in_silhouette: '👥', speech_balloon: '💬', thought_balloon: '💭', mega: '📣', loudspeaker: '📢',
  email: '✉️', envelope: '✉️', inbox_tray: '📥', outbox_tray: '📤', link: '🔗', paperclip: '📎', pushpin: '📌', round_pushpin: '📍',
  triangular_flag_on_post: '🚩', question: '❓', grey_question: '❔', exclamation: '❗', heavy_exclamation_mark: '❗',
  bangbang: '‼️', information_source: 'ℹ️', heavy_plus_sign: '➕', heavy_minus_sign: '➖', recycle: '♻️', repeat: '🔁',
  arrows_counterclockwise: '🔄', rewind: '⏪', fast_forward: '⏩', arrow_forward: '▶️', arrow_right: '➡️', arrow_left: '⬅️', arrow_up: '⬆️', arrow_down: '⬇️',
  arrow_upper_right: '↗️', arrow_lower_right: '↘️', leftwards_arrow_with_hook: '↩️', black_square_for_stop: '⏹️', double_vertical_bar: '⏸️',
  pause_button: '⏸️', stop_button: '⏹️', red_circle: '🔴', large_red_circle: '🔴', large_orange_circle: '🟠', orange_circle: '🟠',
  large_yellow_circle: '🟡', yellow_circle: '🟡', large_green_circle: '🟢', green_circle: '🟢', large_blue_circle: '🔵', large_blue_square: '🟦',
  large_purple_circle: '🟣', white_circle: '⚪', black_circle: '⚫', large_green_square: '🟩', large_red_square: '🟥',
  small_blue_diamond: '🔹', small_orange_diamond: '🔸', white_medium_square: '◻️', seedling: '🌱', deciduous_tree: '🌳', elephant: '🐘',
  dolphin: '🐬', whale: '🐳', turtle: '🐢', snail: '🐌', smile: '😄', slightly_smiling_face: '🙂', grin: '😁', joy: '😂',
  thinking_face: '🤔', sweat_smile: '😅', cry: '😢', sob: '😭', scream: '😱', face_palm: '🤦', shrug: '🤷', salute: '🫡',
  saluting_face: '🫡', sleeping: '😴', sunglasses: '😎', partying_face: '🥳', innocent: '😇', nerd_face: '🤓', rage: '😡', skull: '💀',
  one: '1️⃣', two: '2️⃣', three: '3️⃣', four: '4️⃣', five: '5️⃣', keycap_ten: '🔟', 100: '💯', new: '🆕', ok: '🆗', sos: '🆘', up: '🆙',
  coffee: '☕', cake: '🍰', beers: '🍻', gift: '🎁', balloon: '🎈', headstone: '🪦', wastebasket: '🗑️', ice_cube: '🧊',
};

/** Reactions offered first: those that mean something to the bot. */
export const USUAL = ['white_check_mark', 'x', 'eyes', 'no_bell', '+1', '-1', 'tada', 'warning', 'hourglass', 'raised_hands',
  'rocket', 'heart', 'fire', 'thinking_face', 'memo', 'pray', 'wave', 'rotating_light'];

/** All short names that this page can draw, for completion. */
export const ALL = Object.keys(NAMES);

/** The character of a short name, skin tone left aside, or nothing when it is unknown. */
export function emoji(name) {
  const bare = name.split('::')[0];
  return Object.hasOwn(NAMES, bare) ? NAMES[bare] : undefined;
}
