// Run by node where @sabaki/gtp is installed: Sabaki's own GTP library plays and analyzes; what came out goes to stdout.
//
// node sabaki_driver.js PROGRAM ARGUMENT…

const {Controller, ControllerStateTracker} = require('@sabaki/gtp')

const [program, ...args] = process.argv.slice(2)
const controller = new Controller(program, args)
const tracker = new ControllerStateTracker(controller)
const stray = []
const sent = []

controller.on('command-sent', ({command}) => sent.push([command.name, ...command.args].join(' ')))

const play = (color, vertex) => ({name: 'play', args: [color, vertex]})

// An analysis, ended by the next command as soon as it has said something.
async function analyze(command, lines) {
  const seen = []
  let next = null
  const response = await controller.sendCommand(command, ({line, end}) => {
    if (line.startsWith('info')) seen.push(line)
    if (seen.length >= lines && next == null) next = controller.sendCommand({name: 'protocol_version'})
    if (end && next == null) stray.push('ended by itself')
  })
  const answer = await next
  return {first: response.content.split('\n')[0], seen, next: answer.content}
}

async function main() {
  controller.start()
  const [name, version, protocol] = [
    await controller.sendCommand({name: 'name'}),
    await controller.sendCommand({name: 'version'}),
    await controller.sendCommand({name: 'protocol_version'})
  ].map(response => response.content)
  const knows = {}
  for (const command of ['analyze', 'kata-analyze', 'lz-analyze']) knows[command] = await tracker.knowsCommand(command)

  const opening = [play('B', 'E5'), play('W', 'C3'), play('B', 'G7')]
  await tracker.sync({komi: 6.5, boardsize: [9, 9], history: opening})
  const analysis = await analyze({name: 'kata-analyze', args: ['W', '10']}, 2)
  await tracker.sync({history: opening.slice(0, 2)})
  await tracker.sync({history: [...opening.slice(0, 1), play('W', 'C7')]})
  const board = await controller.sendCommand({name: 'showboard'})

  const moves = []
  const genmove = await controller.sendCommand({name: 'kata-genmove_analyze', args: ['B', '10']}, ({line}) => {
    if (line.startsWith('play ')) moves.push(line)
  })
  await tracker.sync({boardsize: [9, 7], komi: 0.5, history: [play('B', 'J1')]})
  const rectangle = await controller.sendCommand({name: 'showboard'})
  const unknown = await controller.sendCommand({name: 'no_such_command'})
  const tracked = tracker.state.history
  await controller.stop()
  console.log(
    JSON.stringify({
      name, version, protocol, knows, analysis, board: board.content, moves, genmove: !genmove.error,
      rectangle: rectangle.content, unknown: [unknown.error, unknown.content], tracked, sent, stray,
      ended: controller.process == null
    })
  )
}

main().catch(error => {
  console.error(error)
  process.exit(1)
})
