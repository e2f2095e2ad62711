// Says both moments in the reader's own time zone, and how much time is left. Without a script the
// page says the same in Beijing time and in days.
const language = document.documentElement.lang;

for (const place of document.querySelectorAll("[data-own-zone]")) {
  const opens = new Date(place.dataset.opens);
  const closes = new Date(place.dataset.closes);
  // Beijing is eight hours ahead of UTC all the year.
  if (closes.getTimezoneOffset() === -480) continue;
  const form = new Intl.DateTimeFormat(language, {
    dateStyle: "medium", timeStyle: "short",
  });
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  place.textContent =
    `${place.dataset.ownZone} ${form.format(opens)} – ${form.format(closes)} (${zone})`;
  place.hidden = false;
}

function timeLeft(milliseconds) {
  const minutes = Math.max(0, Math.floor(milliseconds / 60_000));
  const parts = [
    [Math.floor(minutes / 1440), "day"],
    [Math.floor(minutes / 60) % 24, "hour"],
    [minutes % 60, "minute"],
  ];
  return parts
    .filter(([number]) => number > 0)
    .map(([number, unit]) =>
      new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "long" }).format(number))
    .join(" ");
}

for (const place of document.querySelectorAll("[data-countdown]")) {
  const closes = new Date(place.dataset.countdown);
  const tick = () => {
    const words = timeLeft(closes - Date.now());
    place.hidden = !words;
    place.textContent = `${place.dataset.words} ${words}`;
  };
  tick();
  setInterval(tick, 60_000);
}
