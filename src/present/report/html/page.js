"use strict";
// Theme, search, and the window that shows a frame or a statement.
(() => {
  const statements = JSON.parse(document.getElementById("data").textContent);
  const tools = document.querySelector(".tools");
  tools.hidden = false;

  // Theme.
  const root = document.documentElement;
  for (const input of tools.querySelectorAll("input[name=theme]")) {
    input.checked = input.value === (root.dataset.theme ?? "auto");
    input.addEventListener("change", () => {
      if (input.value === "auto") delete root.dataset.theme;
      else root.dataset.theme = input.value;
      try {
        localStorage.setItem("hoist-theme", input.value);
      } catch {}
    });
  }

  /** An element with attributes and children. */
  function element(name, attributes = {}, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  }

  // Texts of statements.
  const classes = { "-": "removed", "+": "added", " ": "" };

  /** Lines of a statement; with `frame` only those near changes, its own marked. */
  function lines(statement, frame) {
    const here = new Set(frame ? statement.replaced?.[frame] : []);
    let number = statement.line;
    const all = statement.text.split("\n").map((text) => {
      const mark = text[0] ?? " ";
      const own = mark === "+" ? null : number++;
      return { mark, own, text: text.slice(1), here: own !== null && here.has(own) };
    });
    const near = (at) => all.slice(Math.max(at - 2, 0), at + 3).some((line) => line.here || line.mark !== " ");
    const pre = element("pre", { class: "code diff", tabindex: "0" });
    let left = false;
    all.forEach((line, at) => {
      if (frame && !near(at)) {
        left = true;
        return;
      }
      if (left) pre.append(element("span", { class: "line more" }, "…"), "\n");
      left = false;
      const made = element("span", { class: `line ${classes[line.mark]}` }, `${line.mark} `);
      if (line.own !== null) made.dataset.line = line.own;
      made.append(line.here ? element("mark", {}, line.text) : line.text);
      pre.append(made, "\n");
    });
    return pre;
  }

  const noText = () => element("p", { class: "note" }, "Its text is left out, as this page has no room for it.");
  const textOf = (statement, frame) => (statement.text === undefined ? noText() : lines(statement, frame));

  function statementBody(key) {
    const statement = statements[key];
    const body = document.createDocumentFragment();
    const facts = element("dl", { class: "facts" });
    const fact = (name, ...value) => facts.append(element("dt", {}, name), element("dd", {}, ...value));
    const row = document.querySelector(`tr[id="${key}"]`);
    if (row) {
      const names = [...row.closest("table").querySelectorAll("thead th")].map((cell) => cell.textContent);
      [...row.cells].forEach((cell, at) => {
        if (at < 2 || cell.textContent.trim() === "") return;
        fact(names[at], ...[...cell.childNodes].map((node) => node.cloneNode(true)));
      });
    }
    if (statement.step !== undefined) fact("step", String(statement.step));
    if (statement.moved) fact("moved", statement.moved);
    if (statement.barrier) fact("barrier", `${statement.barrier}; nothing is shared across it`);
    body.append(facts, element("h3", {}, "Text"));
    const changes = /^[-+]/m.test(statement.text ?? "");
    const said = changes ? "- what a frame replaces, + what is submitted instead" : "It is submitted as written.";
    if (statement.text !== undefined && statement.step !== undefined) body.append(element("p", {}, said));
    body.append(textOf(statement));
    return body;
  }

  function frameBody(key) {
    const body = document.createDocumentFragment();
    for (const child of document.getElementById(key).children) {
      if (child.tagName !== "SUMMARY") body.append(child.cloneNode(true));
    }
    for (const item of body.querySelectorAll(".readers li")) {
      const statement = statements[item.querySelector("a")?.dataset.open];
      if (statement) item.append(textOf(statement, key));
    }
    return body;
  }

  // The window.
  const dialog = document.getElementById("details");
  const title = document.getElementById("details-title");
  const back = document.getElementById("details-back");
  const body = document.getElementById("details-body");
  let seen = [];

  function render(key) {
    const frame = document.querySelector(`details[id="${key}"]`);
    if (!frame && !statements[key]) return false;
    title.textContent = frame ? `Frame ${frame.dataset.frame}` : `Statement ${statements[key].title}`;
    body.replaceChildren(frame ? frameBody(key) : statementBody(key));
    back.hidden = seen.length < 2;
    return true;
  }

  function open(key) {
    if (!dialog.open) seen = [];
    seen.push(key);
    if (!render(key)) return false;
    if (!dialog.open) dialog.showModal();
    dialog.scrollTop = 0;
    title.focus();
    return true;
  }

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-open], a[data-key]");
    const key = link?.dataset.open ?? link?.dataset.key;
    if (!key || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (open(key)) event.preventDefault();
  });
  back.addEventListener("click", () => {
    seen.pop();
    render(seen[seen.length - 1]);
    title.focus();
  });
  document.getElementById("details-close").addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });

  // A link from outside to a folded part.
  function unfold() {
    const target = document.getElementById(location.hash.slice(1));
    for (let part = target; part; part = part.parentElement) if (part.tagName === "DETAILS") part.open = true;
    target?.scrollIntoView();
  }
  window.addEventListener("hashchange", unfold);
  if (location.hash) unfold();

  // Search.
  const search = document.getElementById("search");
  const matches = document.getElementById("matches");
  const found = [...document.querySelectorAll("[data-find]")].map((part) => ({
    part,
    text: part.textContent.toLowerCase(),
  }));
  const folded = document.querySelector("#statements details");
  const wasOpen = folded?.open;
  let shown = { keys: [], at: -1 };

  function find() {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const finds = words.length === 0 ? null : (text) => words.every((word) => text.toLowerCase().includes(word));
    let number = 0;
    for (const { part, text } of found) {
      const hit = finds === null || words.every((word) => text.includes(word));
      part.hidden = !hit;
      if (hit) number += 1;
    }
    const boxes = graph.find(finds);
    if (folded) folded.open = finds === null ? wasOpen : true;
    const hits = finds === null ? [] : [...document.querySelectorAll("#drawing a[data-key]:not(.dim)")];
    shown = { keys: hits.map((node) => node.dataset.key), at: -1 };
    matches.textContent = finds === null ? "" : `${boxes} in the graph, ${number} below`;
  }
  search.addEventListener("input", find);
  tools.addEventListener("submit", (event) => {
    event.preventDefault();
    if (shown.keys.length === 0) return;
    shown.at = (shown.at + 1) % shown.keys.length;
    graph.show(shown.keys[shown.at]);
  });
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, textarea, select");
    if (event.key === "/" && !typing && !dialog.open && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      search.focus();
    } else if (event.key === "Escape" && event.target === search) {
      search.value = "";
      find();
    }
  });
})();
