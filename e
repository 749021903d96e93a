fashion-mnist: fetching the Debian package dataset-fashion-mnist
fashion-mnist: 4 files, checksums right
in /root/.cache/ablate/data/fashion-mnist
