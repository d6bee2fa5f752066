#include "service/process/serve.hpp"

#include "base/exit_code.hpp"
#include "service/config/certificate_ends.hpp"
#include "service/observability/timestamp.hpp"
#include "service/process/service.hpp"
#include "service/process/stop.hpp"

#include <sys/prctl.h>
#include <systemd/sd-daemon.h>

#include <algorithm>
#include <csignal>
#include <optional>
#include <system_error>

namespace latchkey::service {
namespace {

constexpr std::chrono::milliseconds check_interval{5000};
constexpr std::chrono::milliseconds clock_check_interval{1000};

/// Half of systemd's watchdog interval (WatchdogSec); nothing without a watchdog.
std::optional<std::chrono::milliseconds> watchdog_pause() {
  std::uint64_t watchdog_us = 0;
  if (sd_watchdog_enabled(0, &watchdog_us) <= 0) return std::nullopt;
  return std::chrono::milliseconds(watchdog_us / 2000);
}

/// Waits for a stop signal. Meanwhile notifies systemd's watchdog, logs certificates that expire soon, and
/// logs why requests are not served.
void wait_for_stop(Stop& stop, Service& service) {
  const auto watchdog = watchdog_pause();
  const std::chrono::milliseconds pause = std::min(check_interval, watchdog.value_or(check_interval));
  while (!stop.wait_for(pause)) {
    if (watchdog && service.alive()) notify_service_manager("WATCHDOG=1");
    service.remind();
    service.log_readiness();
  }
}

int refuse(Log& log, const Complaints& complaints) {
  for (const std::string& complaint : complaints)
    log.error(complaint);
  return exit_code::configuration;
}

/// The certificate with the latest notBefore, if the clock is before that time.
std::optional<crypto::Certificate> not_begun(const Config& config) {
  const auto all = certificate_ends(config);
  const auto last = std::ranges::max_element(
      all, {}, [](const CertificateEnd& each) { return each.certificate.not_before(); });
  if (last == all.end() || last->certificate.not_before() <= current_time()) return std::nullopt;
  return last->certificate;
}

std::string why_not_begun(const crypto::Certificate& certificate) {
  return "this machine's clock is earlier than the begin of the certificate \"" + certificate.common_name() +
         "\", " + format_rfc3339(certificate.not_before());
}

/// Answers health checks while the clock is not set.
std::unique_ptr<HttpServer> serve_not_ready(const Config& config, const std::string& why) {
  if (config.http.listen == "off") return nullptr;
  const RouteSources sources{.alive = [] { return true; },
                             .checks = [why] { return std::vector<Check>{{"clock", why}}; },
                             .metrics = [] { return std::string(); },
                             .page =
                                 [why](const HttpRequest&) {
                                   return HttpResponse{
                                       .status = 503, .body = "not ready: " + why + "\n", .headers = {}};
                                 }};
  const auto address = ListenAddress::parse(config.http.listen).value_or(ListenAddress());
  return HttpServer::start(listen_on(address),
                           [sources](const HttpRequest& request) { return route(sources, request); }, {});
}

/// Waits until the clock is set: a machine without a battery-backed clock starts before the notBefore of its
/// certificates and would issue expired ones. True once the clock is set, false when the process is asked to
/// end.
bool await_clock(const Config& config, Log& log, Stop& stop, const crypto::Certificate& certificate) {
  const std::string why = why_not_begun(certificate);
  log.error("not ready", {{"check", "clock"}, {"reason", why}});
  const auto http = serve_not_ready(config, why);
  while (certificate.not_before() > current_time()) {
    if (stop.wait_for(clock_check_interval)) return false;
    notify_service_manager("WATCHDOG=1");
  }
  log.info("ready again", {{"check", "clock"}});
  return true;
}

int run(const Config& config, Log& log, Stop& stop) {
  auto secrets = load_secrets(config);
  if (!secrets) return refuse(log, {secrets.error()});
  const auto late = not_begun(config);
  auto pki = load_pki(config, late ? late->not_before() : current_time());
  if (!pki) return refuse(log, pki.error());
  if (late && !await_clock(config, log, stop, *late)) return exit_code::ok;

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
  prctl(PR_SET_DUMPABLE, 0);  // not even processes of the same user may read its memory
  std::signal(SIGPIPE,
              SIG_IGN);  // a write to a closed connection returns an error instead of killing the process
  try {
    Stop stop(log);
    return run(config, log, stop);
  } catch (const std::system_error& error) {
    log.error("the system refuses a thread or a file that the service needs",
              {{"reason", std::string_view(error.what())}});
    return exit_code::unavailable;
  }
}

}  // namespace latchkey::service
