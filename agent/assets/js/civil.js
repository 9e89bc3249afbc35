// IIN and BIN, checked as they are typed.

const WEIGHTS = [
  [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11],
  [3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2],
];

function control(digits) {
  for (const weights of WEIGHTS) {
    const sum = weights.reduce((all, weight, at) => all + weight * digits[at], 0) % 11;
    if (sum < 10) return sum;
  }
  return null;
}

/** Whether the year, month and day of an IIN are a date. */
function isDate([a, b, c, d, e, f, g]) {
  // Digit 7 names the century; the station itself warns of one that no source explains.
  const century = g >= 1 && g <= 6 ? 1800 + 100 * Math.floor((g - 1) / 2) : 2000;
  const [year, month, day] = [century + 10 * a + b, 10 * c + d, 10 * e + f];
  const at = new Date(Date.UTC(year, month - 1, day));
  return at.getUTCMonth() + 1 === month && at.getUTCDate() === day;
}

/** What a text is: `iin`, `bin`, `joint` (proprietors under one BIN); or `trouble`, as a word's code. */
export function readCivil(text) {
  const plain = text.replace(/[\s-]/g, "");
  if (!/^\d{12}$/.test(plain)) return { trouble: "digits" };
  const digits = [...plain].map(Number);
  const isBin = digits[4] >= 4 && digits[4] <= 6;
  if (digits[4] > 6) return { trouble: "date" };
  const month = 10 * digits[2] + digits[3];
  if (isBin ? month < 1 || month > 12 : !isDate(digits)) return { trouble: "date" };
  if (control(digits) !== digits[11]) return { trouble: "control" };
  return { digits: plain, kind: isBin ? (digits[4] === 6 ? "joint" : "bin") : "iin" };
}

const FITTING = { individual: ["iin"], sole_proprietor: ["iin", "joint"], legal_entity: ["bin"] };

/** Whether a number of this kind belongs to this kind of applicant. */
export const fits = (applicant, kind) => FITTING[applicant]?.includes(kind) ?? true;
