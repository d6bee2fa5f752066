#include "service/cli/ca.hpp"
#include "service/cli/flags.hpp"
#include "service/cli/json.hpp"
#include "service/config/certificate_ends.hpp"
#include "service/observability/timestamp.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <iostream>
#include <memory>

namespace latchkey::cli {
namespace {

using service::CertificateEnd;

struct Flags {
  std::string config_file;
  bool json = false;
};

std::string day_of(crypto::Time time) {
  constexpr std::size_t date = 10;
  return service::format_rfc3339(time).substr(0, date);
}

std::string fingerprint_of(const CertificateEnd& end) {
  return crypto::to_hex(end.certificate.fingerprint());
}

std::string left(crypto::Time until, crypto::Time now) {
  if (until <= now) return "ended";
  return std::to_string(std::chrono::floor<std::chrono::days>(until - now).count()) + " days left";
}

void print(const CertificateEnd& end, crypto::Time now) {
  const auto& certificate = end.certificate;
  std::cout << end.name << " \"" << certificate.common_name() << "\", " << end.file << '\n'
            << "  SHA-256   " << fingerprint_of(end) << '\n'
            << "  valid     " << day_of(certificate.not_before()) << " to " << day_of(certificate.not_after())
            << ", " << left(certificate.not_after(), now) << '\n';
  if (end.role == "device_ca")
    std::cout << "  shortens  from " << day_of(service::shortens_from(certificate))
              << " on, certificates of 90 days end with this CA, and devices renew earlier\n";
  std::cout << "  at end    " << end.then << '\n'
            << "  to do     " << (end.due <= now ? "now" : "from " + day_of(end.due) + " on") << ": "
            << end.todo << '\n';
}

nlohmann::json described(const CertificateEnd& end, crypto::Time now) {
  const auto& certificate = end.certificate;
  nlohmann::json object{{"certificate", std::string(end.role)},
                        {"file", end.file},
                        {"common_name", certificate.common_name()},
                        {"sha256", fingerprint_of(end)},
                        {"not_before", service::format_rfc3339(certificate.not_before())},
                        {"not_after", service::format_rfc3339(certificate.not_after())},
                        {"due_from", service::format_rfc3339(end.due)},
                        {"due", end.due <= now},
                        {"then", std::string(end.then)},
                        {"todo", std::string(end.todo)}};
  if (end.role == "device_ca")
    object["shortens_from"] = service::format_rfc3339(service::shortens_from(certificate));
  return object;
}

int run_show(const Flags& flags) {
  const auto config = service::load_config(service::config_path(flags.config_file), {"pki", "connection"});
  if (!config) return report(fail(config.error()).error(), flags.json);
  const auto ends = service::certificate_ends(*config);
  if (ends.empty())
    return report(fail(exit_code::configuration, "no certificate of [pki] can be read",
                       "`latchkey config check` lists the causes")
                      .error(),
                  flags.json);
  const auto now = service::current_time();
  auto list = nlohmann::json::array();
  for (const CertificateEnd& end : ends) {
    if (flags.json)
      list.push_back(described(end, now));
    else
      print(end, now);
  }
  if (flags.json) std::cout << json_text(list) << '\n';
  const bool is_due = std::ranges::any_of(ends, [&](const auto& end) { return end.due <= now; });
  return is_due ? exit_code::negative : exit_code::ok;
}

constexpr const char* help =
    "List the certificates that the service needs: names, fingerprints, when they end, what happens\n"
    "then, and when to replace them (docs/certificates.md).";
constexpr const char* footer =
    "Exit codes: 0 no certificate is due, 1 a certificate is due, 64 wrong flags, 78 wrong configuration.";

}  // namespace

void add_ca_show(Command& ca) {
  auto command = ca.add("show", help);
  const auto flags = std::make_shared<Flags>();
  add_config_flag(command, flags->config_file);
  command.flag("--json", flags->json, "Print a JSON array on stdout");
  command.footer(footer);
  command.does([flags] { return run_show(*flags); });
}

}  // namespace latchkey::cli
