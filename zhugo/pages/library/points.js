/** @file Points of a board: their numbers, names and neighbours. */

/** @typedef {{width: number, height: number}} Size */

/** No I, which looks like a one; boards of more than 25 columns go on with two letters. */
export const COLUMNS = "ABCDEFGHJKLMNOPQRSTUVWXYZ";

/** "A", "B" … of a column from the left. @param {number} column */
export function columnName(column) {
  const letter = COLUMNS[column % COLUMNS.length];
  return column < COLUMNS.length ? letter : COLUMNS[Math.floor(column / COLUMNS.length) - 1] + letter;
}

/** "D16" of a point, which are numbered row by row from the top left; what is no point of the board is "pass".
 * @param {Size} size @param {number} point */
export function pointName(size, point) {
  if (point < 0 || point >= size.width * size.height) return "pass";
  return columnName(point % size.width) + String(size.height - Math.floor(point / size.width));
}

/** The points beside a point. @param {Size} size @param {number} point */
export function neighbours(size, point) {
  const column = point % size.width;
  const found = [];
  if (point >= size.width) found.push(point - size.width);
  if (point + size.width < size.width * size.height) found.push(point + size.width);
  if (column > 0) found.push(point - 1);
  if (column < size.width - 1) found.push(point + 1);
  return found;
}

/** The points that are drawn with a dot. @param {Size} size */
export function starPoints({ width, height }) {
  const columns = starLines(width);
  const rows = starLines(height);
  const found = rows.flatMap((row) => columns.map((column) => row * width + column));
  const isSmall = columns.length < 3 || rows.length < 3;
  const hasMiddle = columns.length > 1 && rows.length > 1 && width % 2 === 1 && height % 2 === 1;
  return isSmall && hasMiddle ? [...found, (width * height - 1) / 2] : found;
}

/** The columns, or rows, that dots lie on. @param {number} length */
function starLines(length) {
  if (length < 7) return [];
  const edge = length < 13 ? 2 : 3;
  return length < 15 || length % 2 === 0 ? [edge, length - 1 - edge] : [edge, (length - 1) / 2, length - 1 - edge];
}
