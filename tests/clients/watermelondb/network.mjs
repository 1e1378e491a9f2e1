// A network that fails as it is told to. Each request takes the next fault of its kind from the list.
//   lost        nothing is sent
//   cut         the connection ends in the middle of the body
//   unanswered  the server answers, and the answer does not arrive
//   doubled     the request arrives twice
//   killed      the phone dies after the server has answered
import { connect } from 'node:net'

const real = globalThis.fetch
export const FLAWLESS = { push: [], pull: [], prefer: '' }
let faults = FLAWLESS
export const log = []

export const plan = (next) => void (faults = next)

globalThis.fetch = async (url, request = {}) => {
  const kind = url.includes('/sync/push') ? 'push' : 'pull'
  const fault = faults[kind].shift()
  if (faults.prefer && kind === 'push') request.headers.Prefer = faults.prefer
  const entry = { kind, fault: fault ?? null, status: null, key: request.headers['Idempotency-Key'] }
  log.push(entry)
  if (fault === 'lost') throw new TypeError('fetch failed')
  if (fault === 'cut') await half(new URL(url), request)
  if (fault === 'doubled') await (await real(url, request)).text()
  const response = await real(url, request)
  entry.status = response.status
  if (fault === 'killed') process.kill(process.pid, 'SIGKILL')
  if (fault === 'unanswered') {
    await response.text()
    throw new TypeError('fetch failed')
  }
  return response
}

async function half(url, { method = 'GET', headers, body = '' }) {
  const lines = Object.entries({ Host: url.host, ...headers, 'Content-Length': Buffer.byteLength(body) })
  const head = [`${method} ${url.pathname}${url.search} HTTP/1.1`, ...lines.map(([name, value]) => `${name}: ${value}`)]
  const socket = connect({ host: url.hostname, port: Number(url.port) })
  await new Promise((resolve, reject) => {
    socket.once('error', reject)
    socket.write(`${head.join('\r\n')}\r\n\r\n${body.slice(0, body.length / 2)}`, resolve)
  })
  socket.destroy()
  throw new TypeError('fetch failed')
}
