#include "device/command.hpp"

#include "base/exit_code.hpp"
#include "device/flags.hpp"
#include "device/provisioning.hpp"
#include "device/run.hpp"
#include "device/stop_signals.hpp"

#include <iostream>
#include <memory>
#include <string>
#include <utility>

namespace latchkey::device {
namespace {

int exit_code_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::ready:
    case Outcome::changed:
    case Outcome::stopped:
      return exit_code::ok;
    case Outcome::refused:
      return exit_code::negative;
    case Outcome::later:
      return exit_code::later;
    case Outcome::unreachable:
      return exit_code::unavailable;
    case Outcome::damaged:
      break;
  }
  return exit_code::bad_data;
}

std::string_view summary_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::ready:
    case Outcome::changed:
    case Outcome::stopped:
      return "";
    case Outcome::refused:
      return "not provisioned: the service refused";
    case Outcome::later:
      return "not provisioned yet: no final answer in time; run it again later to continue the same request";
    case Outcome::unreachable:
      return "not provisioned yet: no connection to the broker";
    case Outcome::damaged:
      break;
  }
  return "not provisioned: a file of the device is unusable";
}

/// Writes steps to stdout as JSON, or as text to the command's stream.
Reporter reporter_for(const Flags& flags, std::ostream& text) {
  return {.step =
              [json = flags.json, &text](const Step& step) {
                (json ? std::cout : text) << (json ? to_json(step) : to_text(step)) << '\n'
                                          << std::flush;  // without delay
              },
          .remark =
              [last = std::string()](std::string_view what) mutable {
                if (std::exchange(last, what) != what) remark(what);  // print a repeated problem only once
              }};
}

/// The common beginning of both commands; `act` returns the exit code.
template <class Act>
int with_context(const Flags& flags, std::ostream& text, Mailbox& mailbox, const Act& act) {
  const auto settings = read_settings(flags);
  if (!settings) {
    remark(settings.error().what);
    return settings.error().exit_code;
  }
  const auto store = Store::open(flags.folder, settings->id.text());
  if (!store) {
    remark(store.error());
    return exit_code::bad_data;
  }
  const auto environment = system_environment(!flags.no_clock);
  const auto reporter = reporter_for(flags, text);
  Timekeeper time(*store, environment);
  return act(Context{*settings, *store, environment, reporter, mailbox, time});
}

int run_provision(const Flags& flags, unsigned timeout_s) {
  Mailbox mailbox;
  return with_context(flags, std::cout, mailbox, [&](const Context& context) {
    const auto outcome = provision(context, std::chrono::seconds(timeout_s));
    if (const auto word = summary_of(outcome); !word.empty()) remark(word);
    return exit_code_of(outcome);
  });
}

int run_run(const Flags& flags, const RunFlags& more) {
  Mailbox mailbox;
  const StopSignals signals(mailbox);
  return with_context(flags, std::cerr, mailbox, [&](const Context& context) {
    run(context, more.options());
    return exit_code::ok;
  });
}

constexpr const char* provision_help =
    "Provision this machine, or a simulated device, over MQTT: request a certificate or a password\n"
    "with the key, certificate or token from the factory, connect with it, apply the configuration\n"
    "and become ready.\n"
    "The device keeps its state in --dir. A second run continues the request, or connects with the\n"
    "stored credential.";

constexpr const char* provision_footer =
    "Example:\n"
    "  latchkey-device provision 12345 --bootstrap-url mqtts://broker.example:8884 \\\n"
    "    --bootstrap-user @bootstrap --bootstrap-password-file bootstrap.password \\\n"
    "    --server-ca-file server-ca.pem --key-file 12345.key --dir ./12345 \\\n"
    "    --attribute model=T1000 --attribute firmware_version=2.4.1\n"
    "  With a factory certificate, asking for a password:\n"
    "    --private-key-file 12345.key.pem --certificate-file 12345.pem --credential password\n"
    "\n"
    "Exit codes: 0 ready, 1 refused, 64 wrong flags, 65 unusable file, 69 no connection to the\n"
    "broker, 75 no final answer in time (run it again).";

constexpr const char* run_help =
    "Run as a device: provision if necessary, stay connected, apply each new configuration, renew the\n"
    "credential in time, move to another broker when the service says so. The device keeps its state in\n"
    "--dir and continues from there after a power failure at any moment.\n"
    "On SIGTERM or SIGINT it says `disconnected` and exits. Steps are printed on stderr.";

constexpr const char* run_footer =
    "Example:\n"
    "  latchkey-device run 12345 --bootstrap-url mqtts://broker.example:8884 \\\n"
    "    --bootstrap-user @bootstrap --bootstrap-password-file bootstrap.password \\\n"
    "    --server-ca-file server-ca.pem --key-file 12345.key --dir /var/lib/12345 \\\n"
    "    --config-file /etc/collector.json --on-config /usr/local/bin/reload-collector\n"
    "\n"
    "The program of --on-config is called with the path of a file that has the configuration, and with\n"
    "the version; it may be called more than once with the same version. Exit code 0: the configuration\n"
    "is applied. Any other exit code: the device keeps the previous configuration, says `failed` with the\n"
    "last line that the program printed, and tries again later.\n"
    "\n"
    "Exit codes: 0 stopped by SIGTERM or SIGINT, 64 wrong flags, 65 unusable file.";

Command add_verb(Command& root, const char* name, const char* help, const char* footer, Flags& flags) {
  auto command = root.add(name, help);
  add_device_flags(command, flags);
  command.flag("--json", flags.json, "Print each step as a line of JSON on stdout");
  command.footer(footer);
  return command;
}

void add_provision(Command& root) {
  const auto flags = std::make_shared<Flags>();
  const auto timeout_s = std::make_shared<unsigned>(60);
  auto command = add_verb(root, "provision", provision_help, provision_footer, *flags);
  command.value("--timeout", *timeout_s, "Seconds after which it exits without a final answer",
                {.within = Bounds{1, 86400}, .shows_default = true});
  command.does([=] { return run_provision(*flags, *timeout_s); });
}

void add_run(Command& root) {
  const auto flags = std::make_shared<Flags>();
  const auto more = std::make_shared<RunFlags>();
  auto command = add_verb(root, "run", run_help, run_footer, *flags);
  add_run_flags(command, *more);
  command.does([=] { return run_run(*flags, *more); });
}

}  // namespace

void add_commands(Command root) {
  add_provision(root);
  add_run(root);
  add_simulate_command(root);
  add_factory_command(root);
}

}  // namespace latchkey::device
