#include "service/cli/commands.hpp"
#include "service/cli/fleet/fleet.hpp"

#include <memory>

namespace latchkey::cli {
namespace {

struct Flags {
  FleetFlags common;
  std::string format = "table";
  std::optional<std::string> group;
  std::string name;
  std::optional<std::int64_t> uses;
  std::string valid_for;
  std::string reason;
};

constexpr const char* create_help =
    "Make a token for a group whose proof is token, and print it on stdout. It is shown only now: the\n"
    "registry keeps its SHA-256.";
constexpr const char* create_footer =
    "Example:\n"
    "  (umask 077; latchkey token create kits --uses 20 --valid-for '7 days' > kits.token)\n"
    "\n";

/// The token alone, so that it can go to a file; nothing about it on stderr, which is often recorded.
int run_create(const Flags& flags) {
  const auto uses = flags.uses ? std::optional(std::to_string(*flags.uses)) : std::nullopt;
  return run_list(flags.common, flags.common.json ? Format::json : Format::ids,
                  "SELECT registry.create_token($1, $2::bigint, $3::interval) AS token",
                  {flags.name, uses, flags.valid_for});
}

void add_create(Command& token) {
  constexpr std::int64_t most = std::numeric_limits<std::int32_t>::max();
  auto command = token.add("create", create_help);
  const auto flags = std::make_shared<Flags>();
  command.value("GROUP", flags->name, "The group", {.required = true});
  command.value("--uses", flags->uses, "Number of devices that may register with it (default: no limit)",
                {.metavar = "N", .within = Bounds{1, most}});
  command.value("--valid-for", flags->valid_for, "For how long, for example '7 days'; at most 5 years",
                {.metavar = "TIME", .required = true});
  add_fleet_flags(command, flags->common);
  command.footer(create_footer, acting_exit_codes);
  command.does([flags] { return run_create(*flags); });
}

void add_list(Command& token) {
  auto command =
      token.add("list", "List the tokens that `token create` made; the tokens themselves are not known.");
  const auto flags = std::make_shared<Flags>();
  command.value("--group", flags->group, "Only tokens of this group", {.metavar = "NAME"});
  add_format_flag(command, flags->format);
  add_fleet_flags(command, flags->common);
  command.footer(reading_exit_codes);
  command.does([flags] {
    return run_list(flags->common, format_of(flags->common, flags->format),
                    "SELECT token_id, group_name, used, uses, valid_until, created_at, created_by FROM "
                    "registry.tokens WHERE $1::text IS NULL OR group_name = $1 ORDER BY created_at",
                    {flags->group});
  });
}

void add_end(Command& token) {
  auto command = token.add("end",
                           "End a token: no device registers with it any more. Devices that did keep their\n"
                           "credentials.");
  const auto flags = std::make_shared<Flags>();
  command.value("TOKEN_ID", flags->name, "Its id, as `token list` shows it", {.required = true});
  add_reason_flag(command, flags->reason);
  add_fleet_flags(command, flags->common);
  command.footer(acting_exit_codes);
  command.does([flags] {
    return run_act(flags->common, "SELECT * FROM registry.end_token($1, $2)", {flags->name, flags->reason});
  });
}

}  // namespace

void add_token_commands(Command& root) {
  auto token = root.add("token", "Make, list and end the tokens of groups");
  add_create(token);
  add_list(token);
  add_end(token);
}

}  // namespace latchkey::cli
