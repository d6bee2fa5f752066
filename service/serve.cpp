#include "service/serve.hpp"

#include "base/exit_code.hpp"
#include "service/service.hpp"
#include "service/timestamp.hpp"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <systemd/sd-daemon.h>

#include <csignal>
#include <system_error>

namespace latchkey::service {
namespace {

/// Nothing of this process is written to disk when it crashes, and no other may read its memory.
void forbid_core_files() {
  constexpr rlimit none{0, 0};
  setrlimit(RLIMIT_CORE, &none);
  prctl(PR_SET_DUMPABLE, 0);
}

/// In every thread that is started from here on, these signals wait for `wait_for_signal`.
sigset_t block_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN);  // a peer that goes away is an error return, not the end
  return set;
}

/// Meanwhile tells systemd, where it watches (WatchdogSec), that the service gets on with its work, and
/// reminds of certificates that end.
void wait_for_signal(const sigset_t& set, Service& service) {
  std::uint64_t watchdog_us = 0;
  if (sd_watchdog_enabled(0, &watchdog_us) <= 0) watchdog_us = 0;
  const std::uint64_t half_ms = watchdog_us == 0 ? 3600000 : watchdog_us / 2000;
  const timespec pause{static_cast<time_t>(half_ms / 1000), static_cast<long>(half_ms % 1000) * 1000000};
  while (sigtimedwait(&set, nullptr, &pause) < 0) {
    if (watchdog_us != 0 && service.alive()) notify_service_manager("WATCHDOG=1");
    service.remind();
  }
}

int refuse(Log& log, const Complaints& complaints) {
  for (const std::string& complaint : complaints)
    log.error(complaint);
  return exit_code::configuration;
}

}  // namespace

int serve(const Config& config, Log& log) {
  forbid_core_files();
  const sigset_t signals = block_signals();
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
  try {
    if (const auto started = service.start(); !started) return refuse(log, {started.error()});
  } catch (const std::system_error& error) {
    log.error("the system refuses what the service needs to start",
              {{"reason", std::string_view(error.what())}});
    return exit_code::unavailable;
  }
  service.remind();
  wait_for_signal(signals, service);
  log.info("stopping");
  notify_service_manager("STOPPING=1");
  service.stop();
  return exit_code::ok;
}

}  // namespace latchkey::service
