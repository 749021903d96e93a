#!/usr/bin/env bash
# Slurm lets a job undo its own cancellation, and its SIGTERM needs no passing on.
#
# Seen 2026-11-29, Slurm 22.05.8 (Debian 12), one node, no accounting. A batch script that saves its work and calls
# `scontrol requeue` when SIGTERM comes, as it does before a time limit with --signal=B:TERM@120, is cancelled by scancel:
#   1. `scontrol requeue` of the job that is being cancelled succeeds, and the job runs again (Restarts=1). Only a second
#      scancel, while it waits, ends it. A signal of its own for the notice (--signal=B:USR1@120) tells the two apart.
#   2. The shell's child gets SIGTERM from Slurm as well (scancel and preemption signal every process of the batch step): a
#      trap that forwards SIGTERM sends it a second one.
#
# Fetches Debian's packages and runs them unpacked, as root (slurmd wants to be), on 127.0.0.1 only. Ends with 1 where that is no
# longer so.
set -euo pipefail
folder=$(mktemp -d)
export SLURM_CONF=$folder/slurm.conf
finish() {
  scancel --me 2>/dev/null || true
  for file in "$folder"/run/*.pid; do kill "$(cat "$file")" 2>/dev/null || true; done
  sleep 2
  rm -rf "$folder"
}
trap finish EXIT
cd "$folder"
mkdir debs state spool log run munge
packages=(slurmctld slurmd slurm-client slurm-wlm-basic-plugins munge)
list() { apt-get install --yes --no-install-recommends --print-uris "${packages[@]}" 2>/dev/null; }
list >wanted || { apt-get update -qq && list >wanted; }
(cd debs && apt-get download -qq "${packages[@]}" $(sed -n "s/^'[^ ]*' \([^_]*\)_.*/\1/p" ../wanted) 2>/dev/null)
for deb in debs/*.deb; do dpkg -x "$deb" root; done
libraries=$(dirname "$(find root -name libmunge.so.2)")
export LD_LIBRARY_PATH=$folder/$libraries:$folder/$libraries/slurm-wlm PATH=$folder/root/usr/bin:$folder/root/usr/sbin:$PATH
cat >slurm.conf <<CONF
ClusterName=local
SlurmctldHost=localhost(127.0.0.1)
SlurmUser=$(id -un)
SlurmdUser=$(id -un)
AuthInfo=socket=$folder/munge/socket,cred_expire=5
PluginDir=$folder/$libraries/slurm-wlm
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
SlurmctldPort=26817
SlurmdPort=26818
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldPidFile=$folder/run/slurmctld.pid
SlurmdPidFile=$folder/run/slurmd.pid
SlurmctldLogFile=$folder/log/slurmctld.log
SlurmdLogFile=$folder/log/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SlurmdParameters=config_overrides
NodeName=n1 NodeHostname=localhost NodeAddr=127.0.0.1 Port=26818 CPUs=2 RealMemory=1000
PartitionName=all Nodes=n1 Default=YES
CONF
(umask 077 && head -c 1024 /dev/urandom >munge/key)
munged --force --socket="$folder/munge/socket" --key-file="$folder/munge/key" --pid-file="$folder/run/munged.pid" \
  --log-file="$folder/munge/log" --seed-file="$folder/munge/seed"
slurmctld-wlm
slurmd-wlm -N n1 -d "$folder/root/usr/sbin/slurmstepd-wlm"
for _ in {1..60}; do [[ $(sinfo -h -o %t) == idle ]] && break; sleep 0.5; done

cat >job.sh <<'JOB'
#!/bin/bash
#SBATCH --requeue --open-mode=append --output=job.txt
bash -c 'trap "echo child: SIGTERM" TERM; for _ in {1..600}; do sleep 0.1 & wait $!; [ -e told ] && exit 0; done' &
child=$!
echo "start, restarts: ${SLURM_RESTART_COUNT:-0}"
# Passes nothing on.
trap 'touch told; scontrol requeue "$SLURM_JOB_ID" && echo "shell: SIGTERM, requeue accepted"' TERM
while wait "$child"; kill -0 "$child" 2>/dev/null; do :; done
JOB
job=$(sbatch --parsable job.sh)
for _ in {1..60}; do grep -q '^start' job.txt 2>/dev/null && break; sleep 0.5; done
sleep 1
scancel "$job"
for _ in {1..60}; do grep -q 'restarts: 1' job.txt && break; sleep 0.5; done
sbatch --version 2>/dev/null || slurmctld-wlm -V
cat job.txt
scontrol show job "$job" | grep -o 'JobState=[A-Z]*\|Restarts=[0-9]*'
grep -q 'requeue accepted' job.txt && grep -q 'child: SIGTERM' job.txt && grep -q 'restarts: 1' job.txt
