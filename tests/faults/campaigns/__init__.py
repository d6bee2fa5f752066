"""All campaigns, one file each: what is done to a fleet's world, by which seed. `./dev faults --help` lists them."""

from campaigns import clocks, disk, files, kill, late, limits, listen, points, proxy, readonly, rotate, soak, stop, storm

CAMPAIGNS = [each.CAMPAIGN for each in (kill, points, proxy, stop, disk, readonly, limits, listen, files)] + [files.PLUGIN]
CAMPAIGNS += [each.CAMPAIGN for each in (rotate, clocks, late, storm, soak)]
