/** The few lines that make elements pleasant to build. Text is always text: names come from strangers. */

type Child = Node | string;

/** Makes an element; `class`, `data-*` and every other name become attributes, `undefined` leaves one out. */
export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Record<string, string | undefined> = {},
  ...children: Child[]
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes))
    if (value !== undefined) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

export function svgElement<Tag extends keyof SVGElementTagNameMap>(
  tag: Tag,
  attributes: Record<string, string | number> = {},
): SVGElementTagNameMap[Tag] {
  const made = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, `${value}`);
  return made;
}

/** One of the icons that `index.html` defines; decoration only, so it has no name of its own. */
export function icon(name: string): SVGSVGElement {
  const svg = svgElement('svg', { class: 'icon', 'aria-hidden': 'true', focusable: 'false' });
  svg.append(svgElement('use', { href: `#icon-${name}` }));
  return svg;
}

/** The element of `index.html` with this id. */
export function byId<Type extends HTMLElement>(id: string, type: new () => Type): Type {
  const found = document.getElementById(id);
  if (!(found instanceof type)) throw new Error(`the page has no ${type.name} with id "${id}"`);
  return found;
}

/** Writes text only where it differs, so that nothing is drawn or announced anew. */
export function setText(target: Element, text: string): void {
  if (target.textContent !== text) target.textContent = text;
}
