// Answers every request with the events that serverless-offline would make of it, for payloads 1.0 and 2.0.
//
//   node opinion.mjs DIRECTORY    where serverless-offline is installed
import { createRequire } from "node:module"
import { join } from "node:path"
import { pathToFileURL } from "node:url"

const modules = join(process.argv[2], "node_modules")
const offline = join(modules, "serverless-offline", "src")
const load = (file) => import(pathToFileURL(join(offline, file)))
const [one, two, utils] = await Promise.all([
  load("events/http/lambda-events/LambdaProxyIntegrationEvent.js"),
  load("events/http/lambda-events/LambdaProxyIntegrationEventV2.js"),
  load("utils/index.js"),
])
const hapi = createRequire(join(modules, "serverless-offline", "package.json"))("@hapi/hapi")

const server = hapi.server({
  host: "127.0.0.1",
  port: 0,
  // As its own server has it.
  router: { stripTrailingSlash: false },
})
// It reads cookies, and does not judge them.
const state = { parse: true, failAction: "ignore" }
const read = { output: "data", parse: false, failAction: "ignore" }

function answer(request) {
  // What its server does before it makes an event.
  const bytes = request.payload
  request.raw.req.payload = bytes
  request.payload = bytes && bytes.toString(utils.detectEncoding(request))
  request.rawPayload = request.payload
  const v1 = new one.default(request, "local", request.path, "").create()
  const v2 = new two.default(request, "$default", "$default").create()
  return JSON.stringify({ v1, v2 })
}

for (const method of ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]) {
  const options = method === "GET" ? { state } : { state, payload: read }
  server.route({ method, path: "/{proxy*}", options, handler: answer })
}
await server.start()
console.log(`the other opinion listens on http://127.0.0.1:${server.info.port}`)
