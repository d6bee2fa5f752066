#include "service/process/serve.hpp"

#include "base/exit_code.hpp"
#include "service/observability/timestamp.hpp"
#include "service/process/service.hpp"
#include "service/process/stop.hpp"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <systemd/sd-daemon.h>

#include <algorithm>
#include <csignal>
#include <optional>
#include <system_error>

namespace latchkey::service {
namespace {

constexpr std::chrono::milliseconds look_interval{5000};

/// Nothing of this process is written to disk when it crashes, and no other may read its memory.
void forbid_core_files() {
  constexpr rlimit none{0, 0};
  setrlimit(RLIMIT_CORE, &none);
  prctl(PR_SET_DUMPABLE, 0);
}

/// Half of what systemd waits for a sign of life, where it watches (WatchdogSec); nothing: it does not.
std::optional<std::chrono::milliseconds> watchdog_pause() {
  std::uint64_t watchdog_us = 0;
  if (sd_watchdog_enabled(0, &watchdog_us) <= 0) return std::nullopt;
  return std::chrono::milliseconds(watchdog_us / 2000);
}

/// Meanwhile tells systemd that the service gets on with its work, reminds of certificates that end, and says
/// what keeps requests from being served.
void wait_for_stop(Stop& stop, Service& service) {
  const auto watchdog = watchdog_pause();
  const std::chrono::milliseconds pause = std::min(look_interval, watchdog.value_or(look_interval));
  while (!stop.wait_for(pause)) {
    if (watchdog && service.alive()) notify_service_manager("WATCHDOG=1");
    service.remind();
    service.tell_readiness();
  }
}

int refuse(Log& log, const Complaints& complaints) {
  for (const std::string& complaint : complaints)
    log.error(complaint);
  return exit_code::configuration;
}

int run(const Config& config, Log& log, Stop& stop) {
  auto secrets = load_secrets(config);
  if (!secrets) return refuse(log, {secrets.error()});
  auto pki = load_pki(config, current_time());
  if (!pki) return refuse(log, pki.error());

  const auto schema = registry::Registry({config.database.url, secrets->database_password.clone()}).check();
  if (!schema && schema.error().failure == registry::Failure::old_schema) {
    log.error(schema.error().what);
    return exit_code::unavailable;
  }
  Service service(config, std::move(*secrets), std::move(*pki), log);
  if (const auto started = service.start(); !started) return refuse(log, {started.error()});
  service.remind();
  wait_for_stop(stop, service);
  log.info("stopping");
  notify_service_manager("STOPPING=1");
  service.stop();
  return exit_code::ok;
}

}  // namespace

int serve(const Config& config, Log& log) {
  forbid_core_files();
  std::signal(SIGPIPE, SIG_IGN);  // a peer that goes away is an error return, not the end
  try {
    Stop stop(log);
    return run(config, log, stop);
  } catch (const std::system_error& error) {
    log.error("the system refuses what the service needs to start",
              {{"reason", std::string_view(error.what())}});
    return exit_code::unavailable;
  }
}

}  // namespace latchkey::service
