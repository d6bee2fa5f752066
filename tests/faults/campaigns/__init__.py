"""All campaigns, one file each: what is done to a fleet's world, by which seed. `./dev faults --help` lists them."""

from campaigns import disk, files, kill, limits, listen, points, proxy, readonly, rotate, soak, stop

CAMPAIGNS = [each.CAMPAIGN for each in (kill, points, proxy, stop, disk, readonly, limits, listen, files)] + [files.PLUGIN]
CAMPAIGNS += [each.CAMPAIGN for each in (rotate, soak)]
