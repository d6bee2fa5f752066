#include "base/core_files.hpp"
#include "base/exit_code.hpp"
#include "crypto/openssl_exit.hpp"
#include "device/command.hpp"
#include "device/flags.hpp"

#include <exception>
#include <string>

namespace {

namespace exit_code = latchkey::exit_code;
using latchkey::device::remark;

constexpr const char* about =
    "The reference device of Latchkey: requests its credential over MQTT, connects with it, applies its\n"
    "configuration and becomes ready.";

int run_program(int argc, char** argv) {
  latchkey::CommandLine line("latchkey-device", about, "latchkey-device " LATCHKEY_VERSION);
  latchkey::device::add_commands(line.root());
  const auto chosen = line.parse(argc, argv);
  if (!chosen) {
    remark(chosen.error().what);
    if (!chosen.error().hint.empty()) latchkey::device::hint(chosen.error().hint);
    return exit_code::usage;
  }
  return *chosen ? (*chosen)() : exit_code::bug;
}

}  // namespace

int main(int argc, char** argv) {
  latchkey::crypto::keep_openssl_until_the_end();
  latchkey::forbid_core_files();
  try {
    return run_program(argc, argv);
  } catch (const std::exception& error) {
    remark(std::string("internal error: ") + error.what());
    return exit_code::bug;
  }
}
