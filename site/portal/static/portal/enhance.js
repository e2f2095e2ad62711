// Printing and copying need a script; without one their buttons stay hidden.
for (const holder of document.querySelectorAll("[data-print]")) {
  holder.hidden = false;
  holder.querySelector("button").addEventListener("click", () => window.print());
}
if (navigator.clipboard) {
  for (const holder of document.querySelectorAll("[data-copy]")) {
    holder.hidden = false;
    holder.querySelector("button").addEventListener("click", () => {
      navigator.clipboard.writeText(document.getElementById(holder.dataset.copy).textContent);
    });
  }
}
