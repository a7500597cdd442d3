/**
 * @file Elements in one call. All text goes in as text, so that no name or comment can be markup. Styles go in by the
 * object model, which a content-security policy lets pass where it refuses attributes.
 */

/** @typedef {Record<string, string | number | boolean | ((event: any) => void) | null | undefined>} Attributes */

/** @param {HTMLElement | SVGElement} made @param {Attributes} attributes @param {(Node | string)[]} children */
function furnish(made, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(name, value);
    else if (name === "style") made.style.cssText = String(value ?? "");
    else if (value === true) made.setAttribute(name, "");
    else if (value !== null && value !== undefined && value !== false) made.setAttribute(name, String(value));
  }
  made.append(...children);
}

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag @param {Attributes} [attributes] functions listen @param {...(Node | string)} children
 */
export function html(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  furnish(made, attributes, children);
  return made;
}

/**
 * @template {keyof SVGElementTagNameMap} K
 * @param {K} tag @param {Attributes} [attributes] @param {...(Node | string)} children
 */
export function svg(tag, attributes = {}, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  furnish(made, attributes, children);
  return made;
}

/** The element of this id, which the page has. @param {string} id */
export function byId(id) {
  return /** @type {HTMLElement} */ (document.getElementById(id));
}
