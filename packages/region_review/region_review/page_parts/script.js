"use strict";

const content = JSON.parse(document.getElementById("content").textContent);
const tiles = content.tiles;
const at = (id) => document.getElementById(id);
const stage = at("stage");
const NAMES = { face: "face", license_plate: "license plate" };
const SHAPES = { face: [0.06, 0.08], license_plate: [0.08, 0.03] };
const CLICK = 4;  // screen pixels that a click may move
const ZOOM = 3;
const BESIDE = 3;  // screen pixels between a region and its outline, which would hide a small face
const KEY = `region-review ${content.sample}`;

// Answers by tile, the order in which marks were made, and the tile that is shown.
let state = { at: 0, seen: {}, wrong: {}, missed: {}, marks: [] };
let isKept = true;
let chosen = null;  // the found region that `w` is about
let draft = null;  // a missed region that is being placed: { kind, box }
let pointer = null;  // last position of the mouse, in pixels of the image
let enlarged = null;  // centre of what is enlarged; null: the whole view is shown

try {
  state = JSON.parse(localStorage.getItem(KEY)) ?? state;
} catch {
  isKept = false;
}

function keep() {
  try {
    localStorage.setItem(KEY, JSON.stringify(state));
  } catch {
    isKept = false;
  }
}

const tile = () => tiles[state.at];
const missedOf = (one) => state.missed[one.id] ?? [];
const isWrong = (one, region) => (state.wrong[one.id] ?? []).includes(region.id);
const width = (box) => Math.max(1, Math.round(box[2] - box[0]));
const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
const rounded = (box) => box.map((value) => Math.round(value * 10) / 10);
const say = (text) => { at("said").textContent = text; };

function element(name, attributes, text) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text) made.textContent = text;
  return made;
}

// The picture

function rectangle(box, style) {
  const room = BESIDE * scale();
  const [x, y] = [box[0] - room, box[1] - room];
  const sides = { x, y, width: box[2] - x + room, height: box[3] - y + room };
  return [element("rect", { ...sides, class: "halo" }), element("rect", { ...sides, class: `box ${style}` })];
}

function scale() {
  const [x0, , x1] = tile().view;
  const drawn = stage.querySelector("svg").getScreenCTM();
  return drawn ? 1 / drawn.a : (x1 - x0) / stage.clientWidth;
}

function name(box, text) {
  const size = 15 * scale();
  const view = tile().view;
  const y = box[1] - size * 0.6;
  const place = { x: clamp(box[0], view[0], view[2] - size), y: y - size < view[1] ? box[3] + size * 1.4 : y };
  return element("text", { ...place, class: "name", "font-size": size }, text);
}

function outside(one) {
  const path = ([x0, y0, x1, y1]) => `M${x0} ${y0}H${x1}V${y1}H${x0}Z`;
  return element("path", { d: path(one.view) + path(one.box), class: "edge", "fill-rule": "evenodd" });
}

// The part of the view that is shown: x, y, width and height.
function shown() {
  const [x, y, x1, y1] = tile().view;
  if (!enlarged) return `${x} ${y} ${x1 - x} ${y1 - y}`;
  const [w, h] = [(x1 - x) / ZOOM, (y1 - y) / ZOOM];
  const [u, v] = enlarged;
  return `${clamp(u - w / 2, x, x1 - w)} ${clamp(v - h / 2, y, y1 - h)} ${w} ${h}`;
}

function zoom() {
  const of = draft?.box ?? chosen?.box ?? tile().box;
  enlarged = enlarged ? null : pointer ?? middle(of);
  drawPicture();
  say(enlarged ? "Enlarged; z shows the whole tile." : "");
}

function drawPicture() {
  const one = tile();
  const [x, y, x1, y1] = one.view;
  const sides = { width: x1 - x, height: y1 - y };
  const svg = element("svg", { viewBox: shown(), "aria-hidden": "true" });
  const href = `data:image/jpeg;base64,${one.jpeg}`;
  svg.append(element("image", { x, y, ...sides, href, preserveAspectRatio: "none" }), outside(one));
  stage.replaceChildren(svg);
  for (const region of one.beside) svg.append(...rectangle(region.box, "beside"));
  one.regions.forEach((region, number) => {
    const style = isWrong(one, region) ? "not" : "own";
    svg.append(...rectangle(region.box, region === chosen ? `${style} chosen` : style));
    svg.append(name(region.box, `${number + 1}${isWrong(one, region) ? " wrong" : ""}`));
  });
  for (const { kind, box } of missedOf(one)) {
    svg.append(...rectangle(box, "absent"), name(box, `missed ${NAMES[kind]}`));
  }
  if (draft) svg.append(...rectangle(draft.box, "draft"), name(draft.box, `${NAMES[draft.kind]}?`));
}

// Words and buttons

function entry(text, action, attributes) {
  const item = document.createElement("li");
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = text;
  for (const [key, value] of Object.entries(attributes)) button.setAttribute(key, value);
  button.addEventListener("click", action);
  item.append(button);
  return item;
}

function nothing(text) {
  const item = document.createElement("li");
  item.textContent = text;
  return item;
}

function list(id, items, empty) {
  at(id).replaceChildren(...(items.length ? items : [nothing(empty)]));
}

function drawWords() {
  const one = tile();
  const done = tiles.filter((other) => state.seen[other.id]).length;
  at("title").textContent = `Tile ${state.at + 1} of ${tiles.length}: ${one.image}`;
  at("progress").value = done;
  list("regions", one.regions.map((region, number) => {
    const word = isWrong(one, region) ? "wrong" : "right";
    const text = `${number + 1}: ${NAMES[region.kind]}, ${width(region.box)} px, ${word}`;
    const pressed = { "aria-pressed": isWrong(one, region), "aria-current": region === chosen };
    return entry(text, () => { chosen = region; toggleWrong(); }, pressed);
  }), "nothing");
  list("missed", missedOf(one).map((missed) => {
    const text = `Remove ${NAMES[missed.kind]}, ${width(missed.box)} px`;
    return entry(text, () => change("missed", missed), {});
  }), "nothing");
  at("back").disabled = state.at === 0;
  at("wrong").disabled = !one.regions.length;
  at("undo").disabled = !state.marks.length;
  const kept = isKept ? "" : " This browser keeps nothing: export before you close the page.";
  const open = tiles.length - done;
  at("state").textContent = (open ? `${open} of ${tiles.length} tiles are not reviewed yet.` : `All ${tiles.length} tiles are reviewed: export the answers.`) + kept;
  at("csv").value = csv();
}

function draw() {
  drawPicture();
  drawWords();
}

// Answers. A mark is made or taken back by the same change.

function change(what, value, undone = false) {
  const one = tile();
  const before = state[what][one.id] ?? [];
  const same = (other) => JSON.stringify(other) === JSON.stringify(value);
  state[what][one.id] = before.some(same) ? before.filter((other) => !same(other)) : [...before, value];
  if (!undone) state.marks.push({ at: state.at, what, value });
  keep();
  draw();
}

function toggleWrong() {
  if (!chosen) return say("There is no found region in this tile.");
  change("wrong", chosen.id);
  const number = tile().regions.indexOf(chosen) + 1;
  return say(`Region ${number} is ${isWrong(tile(), chosen) ? "wrong" : "right"}.`);
}

function undo() {
  const mark = state.marks.pop();
  if (!mark) return say("There is nothing to undo.");
  if (mark.at !== state.at) show(mark.at);
  draft = null;
  change(mark.what, mark.value, true);
  return say("The last mark is undone.");
}

function show(number) {
  state.at = number;
  chosen = tile().regions[0] ?? null;
  draft = null;
  pointer = null;
  enlarged = null;
  keep();
  draw();
  say("");
}

function next() {
  if (draft) return say("Press Enter to mark the box, or Esc to give it up.");
  state.seen[tile().id] = true;
  if (state.at + 1 < tiles.length) return show(state.at + 1);
  keep();
  draw();
  return say("This is the last tile: export the answers.");
}

function back() {
  if (state.at > 0) show(state.at - 1);
}

// Missed regions

function start(kind) {
  const view = tile().view;
  const side = Math.max(view[2] - view[0], view[3] - view[1]);
  const [w, h] = SHAPES[kind].map((share) => Math.max(share * side / (enlarged ? ZOOM : 1), 4));
  const [x, y] = draft ? middle(draft.box) : pointer ?? enlarged ?? middle(tile().box);
  draft = { kind, box: inView([x - w / 2, y - h / 2, x + w / 2, y + h / 2]) };
  stage.focus({ preventScroll: true });
  draw();
  say(`Missed ${NAMES[kind]}: move the box with the arrow keys, its size with Shift; Enter marks it, Esc gives up. Or draw it.`);
}

const middle = (box) => [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2];

function inView(box) {
  const [x0, y0, x1, y1] = tile().view;
  return [clamp(box[0], x0, x1), clamp(box[1], y0, y1), clamp(box[2], x0, x1), clamp(box[3], y0, y1)];
}

function place(right, down, resizes) {
  const view = tile().view;
  const step = Math.max(1, Math.round((view[2] - view[0]) / (enlarged ? 100 * ZOOM : 100)));
  const [x, y] = [right * step, down * step];
  let [x0, y0, x1, y1] = draft.box;
  if (resizes) {
    // From its centre, so that a box that was placed stays where it is.
    [x0, x1] = [x0 - x / 2, x1 + x / 2];
    [y0, y1] = [y0 - y / 2, y1 + y / 2];
    if (x1 - x0 < 3 || y1 - y0 < 3) return;
  } else {
    const dx = clamp(x, view[0] - x0, view[2] - x1);
    const dy = clamp(y, view[1] - y0, view[3] - y1);
    [x0, y0, x1, y1] = [x0 + dx, y0 + dy, x1 + dx, y1 + dy];
  }
  draft.box = inView([x0, y0, x1, y1]);
  if (enlarged) enlarged = middle(draft.box);
  drawPicture();
  say(`${NAMES[draft.kind]}, ${width(draft.box)} by ${Math.round(draft.box[3] - draft.box[1])} px at ${middle(draft.box).map(Math.round).join(", ")}`);
}

function mark() {
  const { kind } = draft;
  const box = rounded(draft.box);
  const [x, y] = middle(box);
  const [x0, y0, x1, y1] = tile().box;
  if (box[2] - box[0] < 1 || box[3] - box[1] < 1) return say("The box has no area.");
  if (x < x0 || x >= x1 || y < y0 || y >= y1) {
    return say("Its centre lies in the dark edge, which belongs to another tile: not marked.");
  }
  if (missedOf(tile()).some((one) => one.kind === kind && String(one.box) === String(box))) {
    return say("This box is marked already.");
  }
  draft = null;
  change("missed", { kind, box });
  return say(`Marked: missed ${NAMES[kind]}, ${width(box)} px.`);
}

// The mouse

function placeOf(event) {
  const matrix = stage.querySelector("svg").getScreenCTM().inverse();
  const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(matrix);
  const [x0, y0, x1, y1] = tile().view;
  return [clamp(point.x, x0, x1), clamp(point.y, y0, y1)];
}

let dragged = null;  // where a drag began, in pixels of the screen and of the image

stage.addEventListener("pointerdown", (event) => {
  if (event.button !== 0) return;
  dragged = { screen: [event.clientX, event.clientY], image: placeOf(event) };
  stage.setPointerCapture(event.pointerId);
});

stage.addEventListener("pointermove", (event) => {
  pointer = placeOf(event);
  if (!dragged || !draft || isClick(event)) return;
  draft.box = between(dragged.image, pointer);
  drawPicture();
});

stage.addEventListener("pointercancel", () => { dragged = null; });

stage.addEventListener("pointerup", (event) => {
  if (!dragged) return;
  const began = dragged;
  const clicked = isClick(event);
  dragged = null;
  if (draft && clicked) {
    const [[x, y], [u, v]] = [began.image, middle(draft.box)];
    const [x0, y0, x1, y1] = draft.box;
    draft.box = inView([x0 + x - u, y0 + y - v, x1 + x - u, y1 + y - v]);
    drawPicture();
  } else if (draft) {
    draft.box = between(began.image, placeOf(event));
    mark();
    drawPicture();
  } else if (clicked) {
    const [x, y] = began.image;
    const hit = tile().regions.filter(({ box }) => x >= box[0] && x < box[2] && y >= box[1] && y < box[3]);
    hit.sort((a, b) => area(a.box) - area(b.box));
    if (hit.length) {
      [chosen] = hit;
      toggleWrong();
    }
  } else {
    say("Press m (face) or p (plate) before you draw a box.");
  }
});

const area = (box) => (box[2] - box[0]) * (box[3] - box[1]);
const between = ([a, b], [c, d]) => [Math.min(a, c), Math.min(b, d), Math.max(a, c), Math.max(b, d)];

function isClick(event) {
  const [x, y] = dragged.screen;
  return Math.hypot(event.clientX - x, event.clientY - y) < CLICK;
}

// The keyboard

function choose(number) {
  const { regions } = tile();
  if (!regions.length) return;
  chosen = regions[clamp(number, 0, regions.length - 1)];
  draw();
  say(`Region ${regions.indexOf(chosen) + 1}: ${NAMES[chosen.kind]}, ${width(chosen.box)} px.`);
}

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const ACTIONS = {
  n: next, b: back, m: () => start("face"), p: () => start("license_plate"), w: toggleWrong, u: undo,
  z: zoom,
};

function pressed(event) {
  const arrow = ARROWS[event.key];
  if (draft && arrow) place(...arrow, event.shiftKey);
  else if (draft && event.key === "Enter") mark();
  else if (draft && event.key === "Escape") { draft = null; draw(); say(""); }
  else if (arrow && arrow[0] && event.target === stage) choose(tile().regions.indexOf(chosen) + arrow[0]);
  else if (/^[1-9]$/.test(event.key)) choose(Number(event.key) - 1);
  else if (ACTIONS[event.key.toLowerCase()]) ACTIONS[event.key.toLowerCase()]();
  else return;
  event.preventDefault();
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.target.tagName === "TEXTAREA") return;
  // A button that has the focus is pressed by Enter.
  if (event.key === "Enter" && event.target.tagName === "BUTTON") return;
  pressed(event);
});

at("next").addEventListener("click", next);
at("back").addEventListener("click", back);
at("face").addEventListener("click", () => start("face"));
at("plate").addEventListener("click", () => start("license_plate"));
at("wrong").addEventListener("click", toggleWrong);
at("undo").addEventListener("click", undo);
at("zoom").addEventListener("click", zoom);
window.addEventListener("resize", drawPicture);

// The export

function csv() {
  const rows = [content.columns];
  for (const one of tiles) {
    const row = (mark, kind = "", region = "", box = ["", "", "", ""]) => [content.sample, one.id, mark, kind, region, ...box];
    if (state.seen[one.id]) rows.push(row("seen"));
    for (const region of one.regions) if (isWrong(one, region)) rows.push(row("wrong", region.kind, region.id));
    for (const { kind, box } of missedOf(one)) rows.push(row("missed", kind, "", box));
  }
  return rows.map((row) => row.join(",")).join("\n") + "\n";
}

at("export").addEventListener("click", () => {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([csv()], { type: "text/csv" }));
  link.download = `${content.sample}.csv`;
  link.click();
  URL.revokeObjectURL(link.href);
  say(`Exported: ${link.download}`);
});

at("help").open = !Object.keys(state.seen).length;
chosen = tile().regions[0] ?? null;
draw();
stage.focus({ preventScroll: true });
