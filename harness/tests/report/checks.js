// What makes a page usable for everybody, as far as a program can tell: a list of what is wrong.
(() => {
  const wrong = [];
  const visible = (element) => element.checkVisibility({ opacityProperty: true, visibilityProperty: true });
  const name = (element) =>
    (element.getAttribute("aria-label") ||
      (element.getAttribute("aria-labelledby") || "").split(" ").filter(Boolean)
        .map((id) => document.getElementById(id)?.textContent || "").join(" ") ||
      [...(element.labels || [])].map((label) => label.textContent).join(" ") ||
      element.textContent || element.title || "").trim();
  const say = (what, element) => wrong.push(`${what}: ${element.outerHTML.slice(0, 160)}`);

  if (document.documentElement.lang !== "en") wrong.push("no language");
  if (!document.title) wrong.push("no title");
  if (document.querySelectorAll("h1").length !== 1) wrong.push("not one h1");
  if (document.querySelectorAll("main").length !== 1) wrong.push("not one main");
  let level = 0;
  for (const heading of document.querySelectorAll("h1,h2,h3,h4,h5,h6")) {
    const here = Number(heading.tagName[1]);
    if (here > level + 1) say("a heading skips a level", heading);
    level = here;
  }
  const ids = new Map();
  for (const element of document.querySelectorAll("[id]")) {
    if (ids.has(element.id)) say("an id twice", element);
    ids.set(element.id, element);
  }
  for (const attribute of ["aria-labelledby", "for"]) {
    for (const element of document.querySelectorAll(`[${attribute}]`)) {
      for (const id of element.getAttribute(attribute).split(" ")) {
        if (!ids.has(id)) say(`${attribute} names nothing`, element);
      }
    }
  }
  for (const element of document.querySelectorAll("a,button,input,select,summary,section,nav,[role=region]")) {
    if (!name(element)) say("no name", element);
  }
  for (const picture of document.querySelectorAll("img")) {
    if (!picture.alt) say("no alt", picture);
    if (!picture.naturalWidth) say("not a picture", picture);
  }
  for (const picture of document.querySelectorAll("svg")) {
    if (picture.getAttribute("role") !== "img" || !picture.getAttribute("aria-label")) say("a picture without words", picture);
  }
  for (const cell of document.querySelectorAll("th")) {
    if (!cell.scope && !cell.closest(".walk")) say("th without scope", cell);
  }
  for (const element of document.querySelectorAll("*")) {
    const style = getComputedStyle(element);
    const scrolls = /auto|scroll/.test(style.overflowX + style.overflowY);
    const wider = element.scrollWidth > element.clientWidth + 1 || element.scrollHeight > element.clientHeight + 1;
    if (element.matches("pre.log") && scrolls && wider && element.tabIndex < 0) say("scrolls, but not by keyboard", element);
  }

  const rgb = (text) => (text.match(/[\d.]+/g) || []).map(Number);
  const light = ([r, g, b]) => {
    const part = (c) => (c / 255 <= 0.03928 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4);
    return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
  };
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = rgb(getComputedStyle(at).backgroundColor);
      if (colour.length < 4 || colour[3] > 0.99) return colour;
    }
    return [255, 255, 255];
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const dim = new Set();
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !visible(element) || element.closest("script,style,title")) continue;
    const style = getComputedStyle(element);
    const colour = rgb(element.closest("svg") ? style.fill : style.color);
    const [a, b] = [light(colour), light(ground(element))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) dim.add(`contrast ${ratio.toFixed(2)} of ${element.tagName}.${element.getAttribute("class")}`);
  }
  wrong.push(...dim);

  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth) {
    const wide = [...document.querySelectorAll("body *")].find((element) =>
      element.getBoundingClientRect().right > root.clientWidth + 1 && !element.closest(".scroll,pre,svg,.skip"));
    wrong.push(`wider than the window: ${root.scrollWidth} of ${root.clientWidth}; ${wide?.outerHTML.slice(0, 160)}`);
  }
  return wrong;
})()
