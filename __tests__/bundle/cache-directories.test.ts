import * as path from 'node:path'
import { expect, test } from 'vitest'
import { app, startBed } from '../harness/bed.ts'
import { runnerJob } from '../harness/runner-job.ts'

test.runIf(process.platform !== 'win32')(
  'without drive letters the caches stay where Go has them, and nothing is exported',
  async () => {
    const bed = await startBed()
    await bed.repository(app)
    const { main, shell, places } = await runnerJob(bed, {
      // The go command treats an empty variable as unset.
      env: { GOMODCACHE: '', GOCACHE: '' },
      run: 'env | grep -E "^GO(MOD)?CACHE=" | sort; go env GOMODCACHE GOCACHE',
    })
    expect(main.exitCode, main.stdout).toBe(0)
    const [first, second, gomodcache = '', gocache = ''] = shell?.stdout.split('\n') ?? []
    expect([first, second]).toEqual(['GOCACHE=', 'GOMODCACHE='])
    expect(gomodcache).toBe(path.join(places.home, 'go', 'pkg', 'mod'))
    expect(gocache).toContain(places.home)
    expect(main.outputs).toMatchObject({ gomodcache, gocache })
    expect(main.log).not.toContain('_go-deps')
  },
)
