// Numbers, scores and times as people read them: in English, and in the reader's time zone.

const english = navigator.language?.startsWith("en") ? navigator.language : "en-GB";
const grouped = new Intl.NumberFormat("en");
const local = new Intl.DateTimeFormat(english, { dateStyle: "medium", timeStyle: "short" });
const utc = (options) => new Intl.DateTimeFormat("en-GB", { ...options, timeZone: "UTC" });
const utcTime = utc({ hour: "2-digit", minute: "2-digit" });
const utcWeekday = utc({ weekday: "short" });
const utcDay = utc({ day: "numeric", month: "short" });

const UNITS = [["d", 86400], ["h", 3600], ["min", 60], ["s", 1]];

export const count = (number) => grouped.format(number);

// A score as the level's settings (`format`, `decimals`) would have it.
export function score(value, { format = "number", decimals = 0 } = {}) {
  const unit = 10 ** decimals;
  const whole = Math.floor(value / unit);
  const fraction = decimals ? `.${String(value % unit).padStart(decimals, "0")}` : "";
  if (format === "number") return grouped.format(whole) + fraction;
  const [hours, minutes, seconds] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (number) => String(number).padStart(2, "0");
  const clock = hours ? `${hours}:${two(minutes)}` : `${minutes}`;
  return `${clock}:${two(seconds)}${fraction}`;
}

export const level = ({ title, level }) => title ?? `Level ${level}`;
export const player = ({ name, user }) => name ?? `Player ${user}`;

// A moment of the API in the reader's time zone.
export const moment = (text) => local.format(new Date(text));

// A moment as a field of the type `datetime-local` has it, in the reader's zone; "" for none.
export function forField(text) {
  const date = new Date(text ?? NaN);
  if (Number.isNaN(date.getTime())) return "";
  const shifted = new Date(date.getTime() - date.getTimezoneOffset() * 60000);
  return shifted.toISOString().slice(0, 19);
}

// How long it is: the two largest units, "3 h 12 min".
export function duration(seconds) {
  const first = UNITS.findIndex(([, size]) => seconds >= size);
  if (first < 0) return "0 s";
  const [[unit, size], next] = [UNITS[first], UNITS[first + 1]];
  const whole = `${Math.floor(seconds / size)} ${unit}`;
  const rest = next ? Math.floor((seconds % size) / next[1]) : 0;
  return rest ? `${whole} ${rest} ${next[0]}` : whole;
}

// A moment within the next days in UTC: "Mon 00:00 UTC", or "1 Dec 00:00 UTC" if it is far.
export function utcMoment(text, seconds) {
  const at = new Date(text);
  const day = seconds < 6 * 86400 ? utcWeekday : utcDay;
  return `${day.format(at)} ${utcTime.format(at)} UTC`;
}
