"use strict";
// Shows the scenarios that are asked for. What is asked for is kept in the address, so that it can
// be passed on. Without this script everything is shown.
(() => {
  const form = document.getElementById("filter");
  if (!form) return;
  const rows = [...document.querySelectorAll("[data-status]")];
  const count = document.getElementById("shown");
  const search = form.elements.q;

  const asked = () => ({
    status: form.elements.status.value,
    image: form.elements.image ? form.elements.image.value : "",
    words: search.value.toLowerCase().split(/\s+/).filter(Boolean),
  });

  const apply = () => {
    const { status, image, words } = asked();
    let scenarios = 0;
    let shown = 0;
    for (const row of rows) {
      const fits =
        (status === "all" || row.dataset.status.split(" ").includes(status)) &&
        (!image || row.dataset.image.split(" ").includes(image)) &&
        words.every((word) => row.dataset.text.includes(word));
      row.hidden = !fits;
      if (row.dataset.counts !== undefined) {
        scenarios += 1;
        shown += fits ? 1 : 0;
      }
    }
    count.textContent = `${shown} of ${scenarios} scenarios shown`;
    const hash = new URLSearchParams();
    if (status !== "all") hash.set("status", status);
    if (image) hash.set("image", image);
    if (search.value) hash.set("q", search.value);
    const text = hash.toString();
    history.replaceState(null, "", text ? `#${text}` : location.pathname);
  };

  const given = new URLSearchParams(location.hash.slice(1));
  for (const radio of form.querySelectorAll("[name=status]")) {
    radio.checked = radio.value === (given.get("status") || "all");
  }
  if (![...form.querySelectorAll("[name=status]")].some((radio) => radio.checked)) {
    form.querySelector("[name=status]").checked = true;
  }
  if (form.elements.image) form.elements.image.value = given.get("image") || "";
  search.value = given.get("q") || "";
  form.hidden = false;
  form.addEventListener("input", apply);
  form.addEventListener("submit", (event) => event.preventDefault());
  document.addEventListener("keydown", (event) => {
    const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName) && event.target.type !== "radio";
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      search.focus();
    } else if (event.key === "Escape" && event.target === search) {
      search.value = "";
      apply();
    }
  });
  if (location.hash) apply();
})();
