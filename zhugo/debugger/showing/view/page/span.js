/** @file The part of the time that is in sight. */

const SHORTEST = 2e-5;

export class Span {
  /** @param {number} whole seconds of the recording */
  constructor(whole) {
    this.whole = Math.max(whole, SHORTEST);
    this.from = 0;
    this.to = this.whole;
  }

  get length() {
    return this.to - this.from;
  }

  /** The place of a time on so many pixels. @param {number} seconds @param {number} width */
  x(seconds, width) {
    return ((seconds - this.from) / this.length) * width;
  }

  /** @param {number} x @param {number} width */
  seconds(x, width) {
    return this.from + (x / width) * this.length;
  }

  /** @param {number} from @param {number} length */
  set(from, length) {
    const fitting = Math.min(Math.max(length, SHORTEST), this.whole);
    this.from = Math.min(Math.max(from, 0), this.whole - fitting);
    this.to = this.from + fitting;
  }

  /** Show `factor` times as much, with the time `about` where it is. @param {number} about @param {number} factor */
  zoom(about, factor) {
    const length = Math.min(Math.max(this.length * factor, SHORTEST), this.whole);
    this.set(about - ((about - this.from) / this.length) * length, length);
  }

  /** @param {number} seconds */
  move(seconds) {
    this.set(this.from + seconds, this.length);
  }

  /** Bring a time into sight if it is not. @param {number} seconds */
  include(seconds) {
    const margin = 0.04 * this.length;
    if (seconds < this.from + margin || seconds > this.to - margin) this.set(seconds - this.length / 2, this.length);
  }
}
