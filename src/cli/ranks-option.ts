import { parseSetting } from '../config/settings.js';
import type { Seat } from '../experiment/worker-task.js';
import { UsageError } from './errors.js';
import type { SettingsOption } from './settings-option.js';

/** What a command is given of the processes that train a run together: `--ranks 4`, or `--hosts a:4000,b:4000 --rank 1` where each is started by itself. */
export interface RanksOption extends SettingsOption {
  readonly ranks?: string;
  readonly hosts?: string;
  readonly rank?: string;
}

/** The options with the ranks among the suite's settings, and this program's own where it is one of several. */
export function withRanks<Options extends RanksOption>(
  options: Options,
): { readonly options: Options; readonly seat: Seat | null } {
  const { ranks, hosts, rank, set = [] } = options;
  const seat = seatOf(hosts, rank);
  const number = ranks === undefined ? seat?.hosts.length : Number(ranks);
  if (ranks !== undefined && !/^[1-9]\d{0,3}$/.test(ranks))
    throw new UsageError(`--ranks takes a whole number above 0, found "${ranks}"`);
  if (seat && number !== seat.hosts.length)
    throw new UsageError(`--ranks ${number} and ${seat.hosts.length} addresses in --hosts; give one for each rank`);
  const settings = number === undefined ? [] : [parseSetting(`runner.ranks=${number}`)];
  const others = set.filter(({ text }) => text !== settings[0]?.text);
  return { options: { ...options, set: [...others, ...settings] }, seat };
}

function seatOf(hosts: string | undefined, rank: string | undefined): Seat | null {
  if (hosts === undefined && rank === undefined) return null;
  if (hosts === undefined || rank === undefined)
    throw new UsageError('--hosts and --rank belong together: --hosts a:4000,b:4000 --rank 0');
  const list = hosts.split(',').map((host) => host.trim());
  const wrong = list.find((host) => !/^[\w.-]+:\d{1,5}$/.test(host) && !/^\[[\da-fA-F:]+\]:\d{1,5}$/.test(host));
  if (wrong !== undefined) throw new UsageError(`--hosts takes host:port for each rank, found "${wrong}"`);
  const twice = list.find((host, at) => list.indexOf(host) !== at);
  if (twice !== undefined)
    throw new UsageError(`--hosts has ${twice} twice; each rank listens at an address of its own`);
  if (!/^\d{1,4}$/.test(rank) || Number(rank) >= list.length)
    throw new UsageError(
      `--rank takes a number from 0 to ${list.length - 1}, one for each of --hosts, found "${rank}"`,
    );
  return { hosts: list, rank: Number(rank) };
}
