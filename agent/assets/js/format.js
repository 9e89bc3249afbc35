// How numbers, times and dates are written.

const ZONE = "Asia/Almaty";
const parts = new Intl.DateTimeFormat("en-GB", {
  timeZone: ZONE, year: "numeric", month: "2-digit", day: "2-digit",
  hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23",
});

function split(when) {
  return Object.fromEntries(parts.formatToParts(new Date(when)).map((part) => [part.type, part.value]));
}

/** dd.mm.yyyy */
export function date(when) {
  const { day, month, year } = split(when);
  return `${day}.${month}.${year}`;
}

/** hh:mm:ss */
export function time(when) {
  const { hour, minute, second } = split(when);
  return `${hour}:${minute}:${second}`;
}

/** m:ss until then; 0:00 once it is over. */
export function countdown(when) {
  const left = Math.max(0, Math.round((new Date(when) - Date.now()) / 1000));
  return `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
}

/** hh:mm today, else dd.mm.yyyy hh:mm. */
export function moment(when) {
  const { hour, minute } = split(when);
  const clock = `${hour}:${minute}`;
  return date(when) === date(Date.now()) ? clock : `${date(when)} ${clock}`;
}

/** Calendar days in Almaty from today until then; 0 is today. */
export function daysUntil(when) {
  const day = (at) => {
    const { year, month, day: d } = split(at);
    return Date.UTC(Number(year), Number(month) - 1, Number(d)) / 86_400_000;
  };
  return day(when) - day(Date.now());
}

/** dd.mm.yyyy or yyyy-mm-dd as yyyy-mm-dd; null if it is no date. */
export function readDate(text) {
  const local = /^(\d{1,2})[./](\d{1,2})[./](\d{4})$/.exec(text.trim());
  const iso = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text.trim());
  const [year, month, day] = local ? [local[3], local[2], local[1]] : iso ? iso.slice(1) : [];
  if (!year) return null;
  const at = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)));
  const same = at.getUTCMonth() + 1 === Number(month) && at.getUTCDate() === Number(day);
  return same ? at.toISOString().slice(0, 10) : null;
}

/** yyyy-mm-dd as dd.mm.yyyy. */
export function localDate(iso) {
  return iso.split("-").reverse().join(".");
}

/** Digits in threes: easy to read aloud. */
export function groups(digits) {
  return digits.match(/.{1,3}/g) ?? [];
}

/** The digits that identify the equipment: an IMEI without its check digit. */
export const imei14 = (imei) => imei.slice(0, 14);

/** What is wrong with a text where an IMEI belongs, as a code of the API; null if nothing is. */
export function imeiTrouble(text) {
  const digits = text.replace(/[\s./-]/g, "");
  if (digits === "") return "empty";
  if (/\D/.test(digits)) return "not_a_digit";
  if (digits.length !== 15) return digits.length < 15 ? "too_short" : "too_long";
  let sum = 0;
  for (let at = 0; at < 15; at += 1) {
    const digit = Number(digits[at]) * (at % 2 === 1 ? 2 : 1);
    sum += digit > 9 ? digit - 9 : digit;
  }
  return sum % 10 === 0 ? null : "check_digit";
}

/** Places of the bench in the order a person expects: 1-2 before 1-10. */
export const byPlace = new Intl.Collator("en", { numeric: true }).compare;

/** usb:1-1.2 as 1-1.2 */
export const place = (device) => device.replace(/^[a-z]+:/, "");
