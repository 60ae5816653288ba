// send.mjs URL WRITE_KEY: every kind of call by Segment's own library, then the ids of what it sent.
import { Analytics } from '@segment/analytics-node'

const [host, writeKey] = process.argv.slice(2)
const analytics = new Analytics({ host, writeKey, flushAt: 5 })
const sent = []
const failed = []
analytics.on('error', (error) => failed.push(String(error.reason ?? error)))
for (const name of ['track', 'identify', 'page', 'screen', 'group', 'alias']) {
  analytics.on(name, (context) => sent.push({ type: name, messageId: context.messageId }))
}

analytics.identify({ userId: 'node-1', traits: { plan: 'plus', address: { city: 'Bern' } } })
for (let number = 0; number < 7; number++) {
  analytics.track({ userId: 'node-1', event: 'Song Played', properties: { number } })
}
analytics.page({ anonymousId: 'node-anonymous', name: 'Home', properties: { path: '/' } })
analytics.screen({ userId: 'node-1', name: 'Player' })
analytics.group({ userId: 'node-1', groupId: 'band', traits: { seats: 4 } })
analytics.alias({ previousId: 'node-anonymous', userId: 'node-1' })
await analytics.closeAndFlush({ timeout: 20000 })
console.log(JSON.stringify({ sent, failed }))
