#pragma once

#include "service/cli/fleet/fleet.hpp"

namespace latchkey::cli {

/// The devices of an act: named on the command line, in a file, or both.
struct ManyFlags {
  FleetFlags common;
  std::vector<std::string> ids;
  std::string ids_from;
};

/// ID..., --ids-from and the flags of every command here.
void add_many_flags(Command& command, ManyFlags& flags);

/// An act on devices as a statement. $1 is an array of their ids, as text; it returns device_id, outcome
/// (done, unchanged or refused), what (what happened, or why not) for each. It may be repeated: a device that
/// is as the act would leave it is unchanged.
struct ManyAct {
  std::string verb;  ///< "revoke"
  std::string sql;
  registry::Table::Row values;  ///< $2 ...
};

inline constexpr const char* many_exit_codes =
    "Prints the ids of the devices for which it failed on stdout, one on each line, so that they can be\n"
    "given to --ids-from again, and the reasons on stderr. It may be repeated: a device that is as wanted\n"
    "already is left alone.\n"
    "\n"
    "Exit codes: 0 done for all devices, 1 failed for some, 64 wrong flags, 65 unusable file or refused by\n"
    "the registry, 69 no database, 77 the login lacks a right.";

/// Acts on the devices in portions, each in its own transaction, so that devices are locked for a short time.
/// After a lost connection it stops; the devices that it did not reach have failed then.
[[nodiscard]] int run_many(const ManyFlags& flags, const ManyAct& act);

}  // namespace latchkey::cli
