"use strict";
// The graph: moving, zooming, walking along its lines, and marking what is joined with the current box.
const graph = (() => {
  const svg = document.getElementById("drawing");
  if (!svg) return { find: () => 0, show: () => false };
  const whole = { width: Number(svg.dataset.width), height: Number(svg.dataset.height) };
  const boxes = [...svg.querySelectorAll("a[data-key]")].map((node) => {
    const [x, y] = node.getAttribute("transform").match(/\d+/g).map(Number);
    const rect = node.querySelector("rect");
    const [width, height] = [rect.width.baseVal.value, rect.height.baseVal.value];
    return { node, key: node.dataset.key, x: x + width / 2, y: y + height / 2, width, height };
  });
  const byKey = new Map(boxes.map((box) => [box.key, box]));
  const lines = [...svg.querySelectorAll("path[data-ends]")].map((path) => {
    const [from, to] = path.dataset.ends.split(" ");
    return { path, from, to };
  });
  const margin = 16;
  let view = null; // what is seen: left, top, and units of the drawing to a pixel
  let moved = false;
  let current = boxes[0];

  const size = () => svg.getBoundingClientRect();

  function draw() {
    const { width, height } = size();
    svg.setAttribute("viewBox", [view.x, view.y, width * view.scale, height * view.scale].join(" "));
  }

  function fitting() {
    const { width, height } = size();
    return Math.max(whole.width / width, whole.height / height, 1);
  }

  function fit() {
    // A small graph takes no more room than it needs, a large one most of the window.
    const { width } = size();
    const wanted = whole.height / Math.max(whole.width / width, 1);
    svg.style.height = `${Math.round(Math.min(Math.max(wanted, 220), window.innerHeight * 0.75))}px`;
    const scale = fitting();
    const { width: wide, height: tall } = size();
    view = { scale, x: (whole.width - wide * scale) / 2, y: (whole.height - tall * scale) / 2 };
    moved = false;
    draw();
  }

  /** Zooms so that what is at a point of the window stays there; its middle by default. */
  function zoom(factor, at) {
    const { left, top, width, height } = size();
    const [x, y] = at ? [at.x - left, at.y - top] : [width / 2, height / 2];
    const scale = Math.min(Math.max(view.scale * factor, 0.25), Math.max(fitting(), 1) * 1.5);
    view = { scale, x: view.x + x * (view.scale - scale), y: view.y + y * (view.scale - scale) };
    moved = true;
    draw();
  }

  function centre(box, scale) {
    const { width, height } = size();
    view = { scale, x: box.x + margin - (width * scale) / 2, y: box.y + margin - (height * scale) / 2 };
    moved = true;
    draw();
  }

  function inSight(box) {
    const { width, height } = size();
    const [x, y] = [(box.x + margin - view.x) / view.scale, (box.y + margin - view.y) / view.scale];
    return x > 0 && y > 0 && x < width && y < height;
  }

  /** Makes a box the current one: the one tab stop, with its lines marked. */
  function choose(box) {
    current.node.setAttribute("tabindex", "-1");
    current = box;
    box.node.setAttribute("tabindex", "0");
    const near = new Set([box.key]);
    for (const { path, from, to } of lines) {
      const on = from === box.key || to === box.key;
      path.classList.toggle("on", on);
      if (on) near.add(from).add(to);
    }
    svg.classList.add("chosen");
    for (const other of boxes) other.node.classList.toggle("near", near.has(other.key));
  }

  function unchoose() {
    svg.classList.remove("chosen");
  }

  const joined = (key, forward) =>
    lines.flatMap(({ from, to }) => (forward ? from === key && [byKey.get(to)] : to === key && [byKey.get(from)]) || []);

  /** The nearest box in a direction: along a line where one leads there. */
  function next(key) {
    const forward = key === "ArrowRight";
    const across = forward || key === "ArrowLeft";
    const side = forward || key === "ArrowDown" ? 1 : -1;
    const ahead = (box) => (across ? box.x - current.x : box.y - current.y) * side;
    const aside = (box) => Math.abs(across ? box.y - current.y : box.x - current.x);
    const along = across ? joined(current.key, forward) : [];
    const from = along.length > 0 ? along : boxes.filter((box) => ahead(box) > 0);
    const distance = (box) => Math.abs(ahead(box)) + 3 * aside(box);
    return from.reduce((best, box) => (!best || distance(box) < distance(best) ? box : best), null);
  }

  function show(key) {
    const box = byKey.get(key);
    if (!box) return false;
    centre(box, Math.min(view.scale, 1));
    box.node.focus({ preventScroll: true });
    svg.scrollIntoView({ block: "nearest" });
    return true;
  }

  /** Dims what a search does not find; tells how many boxes it finds. */
  function find(finds) {
    let found = 0;
    for (const { node } of boxes) {
      const dim = finds !== null && !finds(node.textContent);
      node.classList.toggle("dim", dim);
      if (finds !== null && !dim) found += 1;
    }
    return found;
  }

  // Not on the drawing itself, which browsers would then give a tab stop of its own.
  svg.parentElement.addEventListener("focusin", (event) => {
    const node = event.target.closest("a[data-key]");
    if (!node) return;
    const box = byKey.get(node.dataset.key);
    choose(box);
    if (!inSight(box)) centre(box, view.scale);
  });
  svg.parentElement.addEventListener("focusout", unchoose);
  svg.addEventListener("pointerover", (event) => {
    const node = event.target.closest("a[data-key]");
    if (node && !svg.contains(document.activeElement)) choose(byKey.get(node.dataset.key));
  });
  svg.addEventListener("pointerleave", () => {
    if (!svg.contains(document.activeElement)) unchoose();
  });

  const actions = {
    "+": () => zoom(0.8),
    "=": () => zoom(0.8),
    "-": () => zoom(1.25),
    0: fit,
    Home: () => boxes[0].node.focus(),
    End: () => boxes[boxes.length - 1].node.focus(),
  };
  svg.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const step = event.key.startsWith("Arrow") && (() => next(event.key)?.node.focus({ preventScroll: true }));
    const action = step || actions[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  });

  svg.addEventListener(
    "wheel",
    (event) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      zoom(event.deltaY < 0 ? 0.85 : 1.18, { x: event.clientX, y: event.clientY });
    },
    { passive: false },
  );

  let drag = null;
  svg.addEventListener("pointerdown", (event) => {
    if (event.button === 0) drag = { id: event.pointerId, x: event.clientX, y: event.clientY, far: false };
  });
  svg.addEventListener("pointermove", (event) => {
    if (!drag || drag.id !== event.pointerId) return;
    const [x, y] = [event.clientX - drag.x, event.clientY - drag.y];
    if (!drag.far && Math.hypot(x, y) < 4) return;
    if (!drag.far) svg.setPointerCapture(event.pointerId);
    view = { ...view, x: view.x - x * view.scale, y: view.y - y * view.scale };
    drag = { id: drag.id, x: event.clientX, y: event.clientY, far: true };
    moved = true;
    draw();
  });
  const release = () => setTimeout(() => (drag = null));
  svg.addEventListener("pointerup", release);
  svg.addEventListener("pointercancel", release);
  svg.addEventListener("dragstart", (event) => event.preventDefault());
  // What ends a drag is no click.
  svg.addEventListener("click", (event) => {
    if (!drag?.far) return;
    event.preventDefault();
    event.stopPropagation();
  }, true);

  const views = { in: () => zoom(0.8), out: () => zoom(1.25), fit, actual: () => centre(current, 1) };
  const toolbar = document.querySelector(".toolbar");
  toolbar.hidden = false;
  toolbar.addEventListener("click", (event) => views[event.target.closest("button")?.dataset.view]?.());
  window.addEventListener("resize", () => (moved ? draw() : fit()));
  current.node.setAttribute("tabindex", "0");
  fit();
  return { find, show };
})();
