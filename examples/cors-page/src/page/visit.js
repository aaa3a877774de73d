"use strict";

const told = document.getElementById("told");

// Asks the API, on an origin that is not this page's.
async function visit(credentials) {
  try {
    const answer = await fetch(`${document.body.dataset.api}/visits`, {
      method: "POST",
      // JSON, and a header of our own: each of the two makes the browser ask for leave first.
      headers: { "content-type": "application/json", "x-page-version": "1" },
      body: JSON.stringify({ page: document.title }),
      // Without this neither are cookies sent nor are those of the answer kept.
      credentials,
    });
    const { message, title } = await answer.json();
    // Null, were it not exposed.
    told.textContent = `${message ?? title}, visit ${answer.headers.get("x-visits")}`;
  } catch (error) {
    // A page is not told whether CORS or the network was the reason; the console is.
    told.textContent = `The browser did not let us ask: ${error.message}`;
  }
  return told.textContent;
}

document.getElementById("visit").addEventListener("click", () => visit("include"));
