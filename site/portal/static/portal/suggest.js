// Suggestions while typing; the field works as well without them.
for (const field of document.querySelectorAll("input[data-suggest]")) {
  const list = document.createElement("datalist");
  list.id = `${field.id}-suggestions`;
  field.after(list);
  field.setAttribute("list", list.id);
  let waiting;
  let asked = "";
  field.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(async () => {
      const typed = field.value.trim();
      if (!typed || typed === asked) return;
      asked = typed;
      const response = await fetch(`${field.dataset.suggest}&q=${encodeURIComponent(typed)}`);
      if (!response.ok || field.value.trim() !== typed) return;
      const { suggestions } = await response.json();
      list.replaceChildren(...suggestions.map(({ text }) => new Option(text, text)));
    }, 150);
  });
}
