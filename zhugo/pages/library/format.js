/** @file Numbers as people read them; decimals as `replay` prints them. */

/**
 * A number with so many decimals; exact halves go to the even digit, as in Python.
 * @param {number} x @param {number} digits
 */
export function fixed(x, digits) {
  const scaled = Math.abs(x) * 10 ** digits;
  // Only an odd number of 2^-(digits + 1) is halfway between two decimals, and these are exact in binary.
  if (Math.abs((Math.abs(x) * 2 ** (digits + 1)) % 2) === 1) {
    const even = 2 * Math.round(Math.floor(scaled) / 2);
    return (x < 0 ? "-" : "") + (even / 10 ** digits).toFixed(digits);
  }
  return (Object.is(x, -0) ? "-" : "") + x.toFixed(digits);
}

/** The same, always with a sign. @param {number} x @param {number} digits */
export function signed(x, digits) {
  const text = fixed(x, digits);
  return text.startsWith("-") ? text : `+${text}`;
}

/** Few letters for a count: 940, 1.2k, 38k, 2.5M. @param {number} n */
export function short(n) {
  if (n < 1000) return String(n);
  if (n >= 999_500) return n < 9_950_000 ? `${(n / 1e6).toFixed(1)}M` : `${Math.round(n / 1e6)}M`;
  return n < 9950 ? `${(n / 1000).toFixed(1)}k` : `${Math.round(n / 1000)}k`;
}

/** A time span: 4.2 µs, 12.3 ms, 1.20 s. @param {number} seconds */
export function duration(seconds) {
  const size = Math.abs(seconds);
  if (size < 1e-3) return `${(seconds * 1e6).toFixed(0)} µs`;
  return size < 1 ? `${(seconds * 1e3).toFixed(2)} ms` : `${seconds.toFixed(3)} s`;
}

/** "1 leaf", "2 leaves". @param {number} n @param {string} one @param {string} many */
export function count(n, one, many) {
  return `${n} ${n === 1 ? one : many}`;
}
