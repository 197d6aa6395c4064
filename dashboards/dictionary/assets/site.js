"use strict";
// Search: every word must be in the name or the meaning; names count before meanings, short names before long ones.
const input = document.getElementById("search");
const list = document.getElementById("found");
const root = document.body.dataset.root;
let chosen = -1;

function score(entry, words) {
  const name = entry.name.toLowerCase();
  const all = name + " " + entry.about.toLowerCase();
  if (!words.every((word) => all.includes(word))) return null;
  return (words.every((word) => name.includes(word)) ? 0 : 1000) + name.length;
}

function search() {
  const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
  const found = words.length === 0 ? [] : INDEX
    .map((entry) => [score(entry, words), entry])
    .filter(([rank]) => rank !== null)
    .sort((one, other) => one[0] - other[0])
    .slice(0, 25);
  list.replaceChildren(...found.map(([, entry], number) => {
    const item = document.createElement("li");
    const name = document.createElement("b");
    const about = document.createElement("span");
    item.id = "found-" + number;
    item.setAttribute("role", "option");
    item.setAttribute("aria-selected", "false");
    item.dataset.url = entry.url;
    name.textContent = entry.name;
    about.textContent = entry.about;
    item.append(name, about);
    item.addEventListener("click", () => open(item));
    return item;
  }));
  list.hidden = found.length === 0;
  input.setAttribute("aria-expanded", String(found.length > 0));
  choose(found.length > 0 ? 0 : -1);
}

function choose(number) {
  chosen = number;
  [...list.children].forEach((item, place) => item.setAttribute("aria-selected", String(place === number)));
  if (number < 0) { input.removeAttribute("aria-activedescendant"); return; }
  input.setAttribute("aria-activedescendant", "found-" + number);
  list.children[number].scrollIntoView({ block: "nearest" });
}

function open(item) {
  list.hidden = true;
  input.setAttribute("aria-expanded", "false");
  location.href = root + item.dataset.url;
}

input.addEventListener("input", search);
input.addEventListener("keydown", (event) => {
  const count = list.children.length;
  if (event.key === "ArrowDown" && count) { choose((chosen + 1) % count); event.preventDefault(); }
  if (event.key === "ArrowUp" && count) { choose((chosen + count - 1) % count); event.preventDefault(); }
  if (event.key === "Enter" && chosen >= 0) open(list.children[chosen]);
  if (event.key === "Escape") { input.value = ""; search(); }
});

// Lineage: the ways of a column, back to the source and forth to the table.
const drawing = document.querySelector(".lineage");
if (drawing) {
  const nodes = [...drawing.querySelectorAll(".node")];
  const steps = [...drawing.querySelectorAll(".step")];
  const told = document.getElementById("ways");
  const fed = new Set(steps.map((step) => step.dataset.to));
  let fixed = null;

  function ways(name, from, to) {
    const seen = new Set([name]);
    const waiting = [name];
    while (waiting.length) {
      const at = waiting.pop();
      for (const step of steps) {
        if (step.dataset[from] !== at) continue;
        step.classList.add("on");
        if (!seen.has(step.dataset[to])) { seen.add(step.dataset[to]); waiting.push(step.dataset[to]); }
      }
    }
    return seen;
  }

  function show(name) {
    [...nodes, ...steps].forEach((part) => part.classList.remove("on"));
    drawing.classList.toggle("chosen", name !== null);
    told.textContent = "";
    if (name === null) return;
    const back = ways(name, "to", "from");
    const ends = [...back].filter((end) => end !== name && !fed.has(end)).sort();
    if (ends.length) told.textContent = name + " comes from " + ends.join("; ");
    const on = new Set([...back, ...ways(name, "from", "to")]);
    nodes.forEach((node) => node.classList.toggle("on", on.has(node.dataset.name)));
  }

  function fix(node) {
    fixed = fixed === node.dataset.name ? null : node.dataset.name;
    nodes.forEach((each) => each.setAttribute("aria-pressed", String(each.dataset.name === fixed)));
    show(fixed);
  }

  nodes.forEach((node) => {
    node.addEventListener("mouseenter", () => show(node.dataset.name));
    node.addEventListener("mouseleave", () => show(fixed));
    node.addEventListener("focus", () => show(node.dataset.name));
    node.addEventListener("blur", () => show(fixed));
    node.addEventListener("click", () => fix(node));
    node.addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === " ") { fix(node); event.preventDefault(); }
      if (event.key === "Escape") { fixed = null; show(null); }
    });
  });
  // The table itself stands at the right end: begin there.
  const frame = drawing.parentElement;
  frame.scrollLeft = frame.scrollWidth;
}
