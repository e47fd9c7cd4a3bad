// Asks now and then what has been told; without it, loading the page anew shows the same.
const told = document.getElementById("told");
let before = told.textContent.trim();
const asking = setInterval(async () => {
  if (document.hidden) return;
  const answer = await fetch(told.dataset.from).catch(() => undefined);
  if (!answer?.ok) return;
  const words = new DOMParser().parseFromString(await answer.text(), "text/html");
  // Only what is new is put in: a status that is written again is read aloud again.
  if (words.body.textContent.trim() === before) return;
  before = words.body.textContent.trim();
  told.replaceChildren(...words.body.childNodes);
}, 1000);
addEventListener("pagehide", () => clearInterval(asking));
