/** @file What mouse, pen and fingers do on a board. */

/** @import {Goban} from "./goban.js" */

/** Milliseconds after which a finger asks for what a mouse's right button does. */
const LONG_PRESS = 550;
/** Pixels that a finger or mouse may move and still have pressed one place. */
const STILL = 9;

/**
 * @typedef {object} Told
 * @property {(point: number | null) => void} hover a mouse is over a point, or over none
 * @property {(point: number, isFinger: boolean) => void} press
 * @property {(point: number) => void} menu the right button, or a long press
 * @property {() => boolean} dragsRegion whether a drag marks a rectangle; with the shift key it always does
 * @property {(from: number, to: number, isOver: boolean) => void} region
 * @property {(steps: number) => void} wheel
 */

export class Hands {
  /** @param {Goban} goban @param {Told} told */
  constructor(goban, told) {
    this.goban = goban;
    this.told = told;
    /** @type {{x: number, y: number, point: number | null, isFinger: boolean, region: boolean} | null} */
    this.down = null;
    this.timer = 0;
    const { element } = goban;
    element.addEventListener("pointerdown", (event) => this.#begin(event));
    element.addEventListener("pointermove", (event) => this.#move(event));
    element.addEventListener("pointerup", (event) => this.#end(event));
    element.addEventListener("pointercancel", () => this.#forget());
    element.addEventListener("pointerleave", () => told.hover(null));
    element.addEventListener("contextmenu", (event) => event.preventDefault());
    element.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    this.turned = 0;
  }

  /** @param {PointerEvent} event */
  #begin(event) {
    const point = this.goban.pointUnder(event.clientX, event.clientY);
    if (event.button === 2) {
      if (point !== null) this.told.menu(point);
      return;
    }
    if (event.button !== 0) return;
    const isFinger = event.pointerType !== "mouse";
    const region = point !== null && (event.shiftKey || this.told.dragsRegion());
    this.down = { x: event.clientX, y: event.clientY, point, isFinger, region };
    if (region) this.goban.element.setPointerCapture(event.pointerId);
    clearTimeout(this.timer);
    if (isFinger && point !== null && !region) {
      this.timer = setTimeout(() => {
        this.#forget();
        this.told.menu(point);
      }, LONG_PRESS);
    }
  }

  /** @param {PointerEvent} event */
  #move(event) {
    const point = this.goban.pointUnder(event.clientX, event.clientY);
    const { down } = this;
    if (down?.region && down.point !== null) {
      if (point !== null) this.told.region(down.point, point, false);
    } else if (down && Math.hypot(event.clientX - down.x, event.clientY - down.y) > STILL) {
      this.#forget();
    }
    if (event.pointerType === "mouse") this.told.hover(point);
  }

  /** @param {PointerEvent} event */
  #end(event) {
    const { down } = this;
    this.#forget();
    const point = this.goban.pointUnder(event.clientX, event.clientY);
    if (!down || point === null || down.point === null) return;
    if (down.region) this.told.region(down.point, point, true);
    else if (point === down.point || down.isFinger) this.told.press(down.point, down.isFinger);
  }

  #forget() {
    clearTimeout(this.timer);
    this.down = null;
  }

  /** @param {WheelEvent} event */
  #wheel(event) {
    if (event.ctrlKey) return;
    event.preventDefault();
    this.turned += event.deltaMode === 0 ? event.deltaY / 60 : event.deltaY;
    const steps = Math.trunc(this.turned);
    if (!steps) return;
    this.turned -= steps;
    this.told.wheel(Math.sign(steps));
  }
}

/** The points of the rectangle between two. @param {number} from @param {number} to @param {number} width */
export function rectangle(from, to, width) {
  const [a, b] = [from % width, to % width].sort((one, other) => one - other);
  const [top, bottom] = [Math.floor(from / width), Math.floor(to / width)].sort((one, other) => one - other);
  const found = [];
  for (let row = top; row <= bottom; row++)
    for (let column = a; column <= b; column++) found.push(row * width + column);
  return found;
}
