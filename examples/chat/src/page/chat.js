"use strict";

// Whatever others said is text here and nothing else: `textContent` and never `innerHTML`.
const at = (id) => document.getElementById(id);
const log = at("log");
let socket = null;
let room = null;

function show(kind, text, name) {
  const line = document.createElement("li");
  line.className = kind;
  if (name !== undefined) {
    const who = document.createElement("b");
    who.textContent = name;
    line.append(who);
  }
  line.append(document.createTextNode(text));
  log.append(line);
}

function hear(told) {
  switch (told.event) {
    case "joined": return show("news", `${told.name} came into ${told.room}`);
    case "left": return show("news", `${told.name} left ${told.room}`);
    case "who": return show("news", `in ${told.room}: ${told.names.join(", ")}${told.more ? ` and ${told.more} more` : ""}`);
    case "message": return show("message", told.text, told.name);
    case "problem": return show("problem", told.detail);
  }
}

function inside(isInside) {
  for (const id of ["leave", "who", "text", "send"]) at(id).disabled = !isInside;
  for (const id of ["room", "name", "join"]) at(id).disabled = isInside;
}

const say = (action, rest) => socket.send(JSON.stringify({ action, room, ...rest }));

function enter() {
  room = at("room").value.trim();
  say("join", { name: at("name").value });
  inside(true);
}

at("door").addEventListener("submit", (event) => {
  event.preventDefault();
  if (socket?.readyState === WebSocket.OPEN) return enter();
  // On AWS the page and the socket have two addresses; on localhost they share one.
  const here = location.origin.replace(/^http/, "ws");
  socket = new WebSocket(document.body.dataset.socket || here);
  socket.addEventListener("open", enter);
  socket.addEventListener("message", (event) => hear(JSON.parse(event.data)));
  socket.addEventListener("close", () => {
    show("problem", "the connection is closed");
    inside(false);
  });
});
at("leave").addEventListener("click", () => {
  say("leave");
  inside(false);
});
at("who").addEventListener("click", () => say("who"));
at("say").addEventListener("submit", (event) => {
  event.preventDefault();
  say("message", { text: at("text").value });
  at("text").value = "";
});
