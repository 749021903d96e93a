type Field = readonly [number: number, value: number | string | Uint8Array];

const job = 'worker';

/** A rank by TensorFlow's name. */
export const taskOf = (rank: number): string => `/job:${job}/replica:0/task:${rank}`;

/**
 * TensorFlow's ServerDef for a rank (`core/protobuf/tensorflow_server.proto`, `cluster.proto`, `config.proto`): 1 cluster,
 * 2 job_name, 3 task_index, 4 default_session_config, 5 protocol. ClusterDef: 1 job. JobDef: 1 name, 2 tasks, a map.
 * ConfigProto: 2 intra_op_parallelism_threads, 5 inter_op_parallelism_threads, 16 experimental, in which 1 is
 * collective_group_leader: without a leader every rank waits for itself, for ever.
 */
export function serverDefinition(hosts: readonly string[], rank: number, threads: number): Uint8Array {
  const tasks = hosts.map((host, at): Field => [2, message([1, at], [2, host])]);
  const config = message([2, threads], [5, 1], [16, message([1, taskOf(0)])]);
  return message([1, message([1, message([1, job], ...tasks)])], [2, job], [3, rank], [4, config], [5, 'grpc']);
}

/** A protocol buffer of whole numbers, texts and messages. */
function message(...fields: readonly Field[]): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const [number, value] of fields) {
    if (typeof value === 'number') {
      parts.push(varint(number * 8), varint(value));
      continue;
    }
    const bytes = typeof value === 'string' ? new TextEncoder().encode(value) : value;
    parts.push(varint(number * 8 + 2), varint(bytes.length), bytes);
  }
  return Buffer.concat(parts);
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Uint8Array.from([...bytes, rest]);
}
