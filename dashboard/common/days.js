// Stretches of days that can be chosen with one touch.
import { dayText } from "./format.js";

/** Date shortcuts, in days from today. @param {number} now @returns {[string, number, number][]} */
export function shortcuts(now) {
  const [y, m, d] = dayText(now).split("-").map(Number);
  const weekday = (new Date(Date.UTC(y, m - 1, d)).getUTCDay() + 6) % 7;
  const before = new Date(Date.UTC(y, m - 1, 0)).getUTCDate();
  const rest = new Date(Date.UTC(y, m, 0)).getUTCDate() - d + 1;
  return [["today", 0, 1], ["yesterday", -1, 0], ["this_week", -weekday, 7 - weekday], ["last_week", -weekday - 7, -weekday], ["this_month", 1 - d, rest], ["last_month", 1 - d - before, 1 - d]];
}
