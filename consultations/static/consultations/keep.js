// Keeps an unfinished comment in this browser, so that it survives a closed tab; forgets it once
// the receipt is shown. What is kept never leaves the browser by itself.
const FIELDS = ["text", "represents", "clause"];
const form = document.querySelector("form[data-keep]");
const sent = document.querySelector("[data-sent]");

function store(action) {
  // Where the browser allows no storage, the form works without it.
  try {
    return action(window.localStorage);
  } catch {
    return null;
  }
}

if (sent) store((storage) => storage.removeItem(`comment ${sent.dataset.sent}`));

if (form) {
  const key = `comment ${form.dataset.keep}`;
  const text = form.elements.namedItem("text");
  const kept = JSON.parse(store((storage) => storage.getItem(key)) || "{}");
  if (!text.value.trim() && kept.text) {
    for (const name of FIELDS) {
      const field = form.elements.namedItem(name);
      if (kept[name] && !field.value) field.value = kept[name];
    }
    const note = form.querySelector("[data-kept]");
    note.textContent = note.dataset.kept;
    note.hidden = false;
  }
  form.addEventListener("input", () => {
    const values = Object.fromEntries(
      FIELDS.map((name) => [name, form.elements.namedItem(name).value]));
    store((storage) => storage.setItem(key, JSON.stringify(values)));
  });
}
