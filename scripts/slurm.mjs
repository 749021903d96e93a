// A Slurm of this checkout's own, for tests: Debian's packages, fetched and unpacked into the cache without being installed, and
// a cluster of two virtual nodes on this machine that only this machine can reach.
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const packages = ['slurmctld', 'slurmd', 'slurm-client', 'slurm-wlm-basic-plugins', 'munge'];

/** The folder of the unpacked packages; throws with the reason where they cannot be had within `seconds`. */
export function fetchSlurm(cache, seconds) {
  const folder = join(cache, 'slurm');
  if (existsSync(join(folder, 'usr', 'sbin', 'slurmctld-wlm'))) return folder;
  const end = Date.now() + 1000 * seconds;
  mkdirSync(cache, { recursive: true });
  const temporary = mkdtempSync(`${folder}.fetching-`);
  try {
    const run = (command, args) => {
      const { status, error, stdout, stderr } = spawnSync(command, args, {
        cwd: temporary,
        encoding: 'utf8',
        timeout: Math.max(1, end - Date.now()),
      });
      if (status !== 0) throw new Error(`${command} ${args[0]}: ${error?.message ?? stderr.trim().split('\n').at(-1)}`);
      return stdout;
    };
    const simulate = () => run('apt-get', ['install', '--yes', '--no-install-recommends', '--print-uris', ...packages]);
    let wanted;
    try {
      wanted = simulate();
    } catch {
      run('apt-get', ['update']);
      wanted = simulate();
    }
    const names = [...wanted.matchAll(/^'\S+' ([^_\s]+)_\S+\.deb/gm)].map(([, name]) => name);
    // What is installed already is not listed: it is fetched all the same, to have all of one version.
    run('apt-get', ['download', ...new Set([...packages, ...names])]);
    for (const file of readdirSync(temporary).filter((name) => name.endsWith('.deb'))) {
      run('dpkg', ['-x', file, 'root']);
    }
    renameSync(join(temporary, 'root'), folder);
    return folder;
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

/** Starts the daemons; returns what clients need in their environment, how a node is started again, and how to stop. */
export async function startCluster(slurm) {
  // A path without spaces: Slurm's configuration has no way to quote one.
  const folder = mkdtempSync(join(tmpdir(), 'ablate-slurm-'));
  for (const name of ['state', 'spool', 'log', 'run', 'munge']) mkdirSync(join(folder, name));
  const libraries = dirname(findFile(join(slurm, 'usr', 'lib'), 'libmunge.so.2'));
  const plugins = join(libraries, 'slurm-wlm');
  const env = {
    SLURM_CONF: join(folder, 'slurm.conf'),
    LD_LIBRARY_PATH: [libraries, plugins, process.env.LD_LIBRARY_PATH].filter(Boolean).join(':'),
    PATH: `${join(slurm, 'usr', 'bin')}:${process.env.PATH}`,
  };
  const all = { ...process.env, ...env };
  const call = (program, args) => {
    const { status, stderr, error } = spawnSync(join(slurm, 'usr', 'sbin', program), args, {
      env: all,
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`${program}: ${error?.message ?? stderr.trim()}`);
  };
  const munge = (name) => join(folder, 'munge', name);
  writeFileSync(munge('key'), randomBytes(1024), { mode: 0o600 });
  writeFileSync(env.SLURM_CONF, configuration(folder, plugins, await freePorts(3)));
  const files = ['socket', 'key-file', 'log-file', 'pid-file', 'seed-file'];
  const paths = ['socket', 'key', 'log', 'pid', 'seed'];
  const startNode = ['-d', join(slurm, 'usr', 'sbin', 'slurmstepd-wlm'), '-N'];
  const stop = async () => {
    const client = (program, args) => spawnSync(program, args, { env: all, encoding: 'utf8' });
    client('scancel', ['--me']);
    for (let tries = 0; tries < 30 && client('squeue', ['-h', '-t', 'R,CG']).stdout?.trim(); tries++) await sleep(500);
    const pids = readdirSync(join(folder, 'run')).map((name) => join(folder, 'run', name));
    for (const file of [...pids, munge('pid')].filter((path) => existsSync(path))) {
      try {
        process.kill(Number(readFileSync(file, 'utf8')));
      } catch (error) {
        if (error.code !== 'ESRCH') throw error;
      }
    }
    await sleep(500);
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  };
  try {
    call('munged', ['--force', ...files.map((option, at) => `--${option}=${munge(paths[at])}`)]);
    call('slurmctld-wlm', []);
    for (const node of ['n1', 'n2']) call('slurmd-wlm', [...startNode, node]);
    const idle = () => spawnSync('sinfo', ['-h', '-o', '%t'], { env: all, encoding: 'utf8' }).stdout?.trim();
    for (let tries = 0; !/^idle$/.test(idle() ?? ''); tries++) {
      if (tries === 60) throw new Error(`its nodes do not come up: ${idle()}`);
      await sleep(500);
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return { env, folder, startNode: [join(slurm, 'usr', 'sbin', 'slurmd-wlm'), ...startNode], stop };
}

/**
 * n1 is this machine, two cores of it; n2 pretends to have 64, for tasks that sleep. Tasks are not bound to cores, as on many
 * clusters. A credential's life is how long a task that was queued again has to wait.
 */
const configuration = (folder, plugins, [controller, n1, n2]) => `ClusterName=local
SlurmctldHost=localhost(127.0.0.1)
SlurmUser=${userInfo().username}
SlurmdUser=${userInfo().username}
AuthType=auth/munge
AuthInfo=socket=${folder}/munge/socket,cred_expire=6
CredType=cred/munge
PluginDir=${plugins}
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
SlurmctldPort=${controller}
SlurmdPort=${n1}
StateSaveLocation=${folder}/state
SlurmdSpoolDir=${folder}/spool/%n
SlurmctldPidFile=${folder}/run/slurmctld.pid
SlurmdPidFile=${folder}/run/slurmd-%n.pid
SlurmctldLogFile=${folder}/log/slurmctld.log
SlurmdLogFile=${folder}/log/slurmd-%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=2,bf_interval=2
SlurmdParameters=config_overrides
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
SlurmdTimeout=10
ReturnToService=2
NodeName=n1 NodeHostname=localhost NodeAddr=127.0.0.1 Port=${n1} CPUs=2 RealMemory=8000 State=UNKNOWN
NodeName=n2 NodeHostname=localhost NodeAddr=127.0.0.1 Port=${n2} CPUs=64 RealMemory=64000 State=UNKNOWN
PartitionName=low Nodes=n1 Default=YES MaxTime=INFINITE PriorityTier=1 PreemptMode=REQUEUE GraceTime=0
PartitionName=high Nodes=n1 MaxTime=INFINITE PriorityTier=10 PreemptMode=OFF
PartitionName=many Nodes=n2 MaxTime=INFINITE PriorityTier=1 PreemptMode=REQUEUE GraceTime=0
`;

async function freePorts(count) {
  const servers = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise((done) => {
          const server = createServer().listen(0, '127.0.0.1', () => done(server));
        }),
    ),
  );
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  return ports;
}

function findFile(folder, name) {
  const found = readdirSync(folder, { recursive: true }).find((path) => path.split('/').at(-1) === name);
  if (!found) throw new Error(`${folder} has no ${name}`);
  return join(folder, found);
}
