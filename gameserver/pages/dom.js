// Building what is shown. Values become text or attributes, never markup.

export const byId = (id) => document.getElementById(id);

// A copy of the only element in `<template id="…">`.
export const copy = (id) => byId(id).content.firstElementChild.cloneNode(true);

// Puts values where `data-slot` names them, in the element and itself: text, a node, or an object
// of attributes, of which null takes one away. Returns the element.
export function fill(element, values) {
  for (const [name, value] of Object.entries(values)) {
    const slots = [...element.querySelectorAll(`[data-slot~="${name}"]`)];
    if (element.matches(`[data-slot~="${name}"]`)) slots.push(element);
    for (const slot of slots) put(slot, value);
  }
  return element;
}

// What is the same already is not touched, so that nobody's selection or focus is lost.
function put(slot, value) {
  if (value instanceof Node) setNode(slot, value);
  else if (value === null || typeof value !== "object") setText(slot, `${value ?? ""}`);
  else for (const [attribute, text] of Object.entries(value)) setAttribute(slot, attribute, text);
}

function setNode(slot, node) {
  if (slot.childNodes.length !== 1 || !node.isEqualNode(slot.firstChild)) slot.replaceChildren(node);
}

function setText(slot, text) {
  if (slot.textContent !== text) slot.textContent = text;
}

export function setAttribute(element, name, value) {
  if (value === null || value === undefined || value === false) element.removeAttribute(name);
  else element.setAttribute(name, value === true ? "" : value);
}

// An element with attributes and children: nodes, or text.
export function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) setAttribute(element, key, value);
  element.append(...children);
  return element;
}

// The same in SVG.
export function draw(name, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) setAttribute(element, key, value);
  element.append(...children);
  return element;
}

// Puts these children into an element. What is moved loses the focus, and the click whose button is
// held down just then; so those that are in their places already stay there.
export function arrange(element, children) {
  children.forEach((child, place) => {
    const there = element.children[place] ?? null;
    if (there !== child) element.insertBefore(child, there);
  });
  while (element.children.length > children.length) element.lastElementChild.remove();
}

// Has a line stand out if it `isChanged`, again if it does already.
export function markChanged(line, isChanged) {
  line.classList.remove("changed");
  if (!isChanged) return;
  line.getBoundingClientRect(); // an animation begins anew with the layout between
  line.classList.add("changed");
}

// Of the element's children with `data-state`, shows the one of this state.
export function showOnly(element, state) {
  element.dataset.now = state;
  for (const child of element.children) child.hidden = child.dataset.state !== state;
}

// Says that the page shows what it has to show; tests wait for it.
export function ready() {
  performance.mark("ready");
  document.documentElement.dataset.ready = "";
}

// In the navigation the page that is shown stands out.
for (const link of document.querySelectorAll(".top nav a")) {
  if (link.pathname === location.pathname) link.setAttribute("aria-current", "page");
}
