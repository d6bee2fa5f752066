#include "device/config_apply.hpp"

#include "base/failpoint.hpp"
#include "device/program.hpp"

#include <utility>

namespace latchkey::device {
namespace {

constexpr std::chrono::minutes longest_hook{1};

using Applied = std::expected<void, ApplyFailure>;

std::unexpected<ApplyFailure> cannot_store(std::string why) {
  return std::unexpected(ApplyFailure{"config_not_stored", std::move(why)});
}

/// Runs the program with the configuration in a file, and deletes the file afterwards: a configuration may be
/// secret.
Applied run_hook(const Context& context, const ConfigRecord& config) {
  const auto& program = context.settings.on_config;
  if (program.empty()) return {};
  const auto file = context.store.write_candidate(config);
  if (!file) return cannot_store(file.error());
  auto ran = run_program({program, file->string(), std::to_string(config.version)}, longest_hook);
  if (auto gone = context.store.drop_candidate(); !gone) return cannot_store(gone.error());
  if (!ran) return std::unexpected(ApplyFailure{"config_refused", std::move(ran).error()});
  return {};
}

}  // namespace

std::expected<void, ApplyFailure> apply_config(const Context& context) {
  const auto config = context.store.config();
  if (!config || config->is_applied()) return {};
  if (auto taken = run_hook(context, *config); !taken) return taken;
  failpoint("config_taken");
  const auto& file = context.settings.config_file;
  if (!file.empty())
    if (auto put = crypto::replace_file(file, crypto::as_bytes(config->config + "\n"), 0600); !put)
      return cannot_store(put.error().what);
  if (auto done = context.store.config_applied(); !done) return cannot_store(done.error());
  context.reporter.step({"applied", {{"config_version", config->version}}});
  return {};
}

}  // namespace latchkey::device
