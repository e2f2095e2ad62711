// Solves the task of a form while its reader writes:
//
//   <form method="post" data-proof="{{ challenge }}">
//     <input type="hidden" name="proof">
//     <p role="status" data-proof-status="{% translate "One moment…" %}" hidden></p>
//
// The answer goes into the hidden field. Without script or a secure connection, or if it takes too
// long, the form goes out without one, and somebody looks at what it brings.
// This file is the page's script and its worker's.

const LONGEST_WAIT = 30_000; // milliseconds after the form was sent off

function zeroBits(bytes) {
  const first = bytes.findIndex((byte) => byte > 0);
  return first < 0 ? 8 * bytes.length : 8 * first + Math.clz32(bytes[first]) - 24;
}

async function solve(challenge) {
  const difficulty = Number(challenge.split(".")[1]);
  const encoder = new TextEncoder();
  for (let nonce = 0; ; nonce += 1) {
    const proof = `${challenge}.${nonce}`;
    const digest = await crypto.subtle.digest("SHA-256", encoder.encode(proof));
    if (zeroBits(new Uint8Array(digest)) >= difficulty) return proof;
  }
}

function attend(form, script) {
  const status = form.querySelector("[data-proof-status]");
  const worker = new Worker(script);
  let working = true;
  let sent = null;

  function finish(proof) {
    if (!working) return;
    working = false;
    worker.terminate();
    form.querySelector("input[name=proof]").value = proof;
    form.dataset.proofState = proof ? "solved" : "failed";
    if (status) status.hidden = true;
    if (sent) form.requestSubmit(sent.submitter);
  }

  worker.onmessage = ({ data }) => finish(data);
  worker.onerror = () => finish("");
  worker.postMessage(form.dataset.proof);

  form.addEventListener("submit", (event) => {
    if (!working) return;
    event.preventDefault();
    if (sent) return;
    sent = event;
    if (status) {
      status.textContent = status.dataset.proofStatus;
      status.hidden = false;
    }
    setTimeout(finish, LONGEST_WAIT, "");
  });
}

if (typeof document === "undefined") {
  onmessage = async ({ data }) => postMessage(await solve(data));
} else if (window.isSecureContext) {
  for (const form of document.querySelectorAll("form[data-proof]")) {
    attend(form, document.currentScript.src);
  }
}
