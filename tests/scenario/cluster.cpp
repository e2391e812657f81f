#include "tests/scenario/cluster.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <exception>
#include <fstream>
#include <iostream>
#include <sstream>

namespace talkbeat::scenario {

namespace fs = std::filesystem;

std::string contents(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

namespace {

int number_of(const std::string& name) {
  return std::stoi(name.substr(name.rfind('_') + 1));
}

bool is_login_server(const std::string& name) {
  return name.starts_with("login_server_");
}

bool tells_of_a_crash(const std::string& output) {
  for (const char* sign :
       {"ERROR: ", "runtime error:", "WARNING: ThreadSanitizer", "CHECK(", "terminate called", "Assertion"}) {
    if (output.find(sign) != std::string::npos) return true;
  }
  return false;
}

// Whatever a test has done to a server, no message was lost or doubled inside of it.
void report_imbalance(const std::string& server, const std::string& log) {
  for (const std::string& line : lines_of(log)) {
    if (line.find("ledger_does_not_balance") != std::string::npos) ADD_FAILURE() << server << " wrote:\n" << line;
  }
}

}  // namespace

fs::path programs() {
  const char* given = std::getenv("TALKBEAT_BIN");
  return given != nullptr ? given : TALKBEAT_BIN_DIR;
}

fs::path source_directory() {
  return TALKBEAT_SOURCE_DIR;
}

ScratchDirectory::ScratchDirectory() {
  std::string name = fs::temp_directory_path() / "talkbeat-test-XXXXXX";
  if (mkdtemp(name.data()) == nullptr) throw Unexpected(name + " cannot be made");
  path_ = name;
}

ScratchDirectory::~ScratchDirectory() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

Cluster::Cluster(ClusterOptions options) : options_(std::move(options)), directory_(scratch_.path() / "run") {
  start();
  try {
    for (const std::string& name : options_.users) add_user(name);
  } catch (const Unexpected&) {
    script("stop.sh", {"--now"});
    throw;
  }
}

Cluster::~Cluster() {
  for (const std::string& name : names()) {
    if (running(name)) signal(name, SIGCONT);
  }
  const Outcome stopped = script("stop.sh", {"--now"});
  EXPECT_EQ(stopped.exit_code, 0) << stopped.err;
  EXPECT_EQ(stopped.err, "");
  report_crashes();
  for (const std::string& name : names()) report_imbalance(name, log_of(name));
  if (testing::Test::HasFailure() || std::uncaught_exceptions() > 0) show_logs();
}

void Cluster::start() {
  std::vector<std::string> arguments{"--port-base",     std::to_string(ports_.base()),
                                     "--bin",           programs(),
                                     "--timeout",       "60",
                                     "--login-servers", std::to_string(options_.login_servers),
                                     "--msg-servers",   std::to_string(options_.msg_servers)};
  if (options_.tls) arguments.push_back("--tls");
  for (const std::string& setting : options_.settings) {
    arguments.push_back("--set");
    arguments.push_back(setting);
  }
  const Outcome outcome = script("start.sh", arguments);
  if (outcome.exit_code == 0) return;
  report_crashes();
  throw Unexpected(outcome.err);
}

void Cluster::signal(const std::string& name, int number) {
  kill(pid(name), number);
}

void Cluster::kill9(const std::string& name) {
  signal(name, SIGKILL);
  wait_until(name + " is gone", [&] { return !running(name); });
}

bool Cluster::running(const std::string& name) const {
  const std::string pid = contents(directory_ / (name + ".pid"));
  if (pid.empty()) return false;
  const std::string stat = contents("/proc/" + std::to_string(std::stoi(pid)) + "/stat");
  const size_t end_of_name = stat.rfind(") ");
  // A zombie has ended, whether or not somebody asks how.
  return end_of_name != std::string::npos && stat[end_of_name + 2] != 'Z';
}

pid_t Cluster::pid(const std::string& name) const {
  if (!running(name)) throw Unexpected(name + " does not run");
  return std::stoi(contents(directory_ / (name + ".pid")));
}

uint16_t Cluster::client_port(const std::string& name) const {
  const int k = number_of(name);
  return static_cast<uint16_t>(ports_.base() + (is_login_server(name) ? 8 + k : 200 + 10 * k));
}

uint16_t Cluster::http_port(const std::string& name) const {
  const int k = number_of(name);
  return static_cast<uint16_t>(ports_.base() + (is_login_server(name) ? 80 + k : 203 + 10 * k));
}

uint16_t Cluster::tls_port(const std::string& name) const {
  const int k = number_of(name);
  return static_cast<uint16_t>(ports_.base() + (is_login_server(name) ? 18 + k : 202 + 10 * k));
}

uint16_t Cluster::https_port(const std::string& name) const {
  return static_cast<uint16_t>(ports_.base() + 180 + number_of(name));
}

uint16_t Cluster::servers_port(const std::string& name) const {
  return static_cast<uint16_t>(ports_.base() + 100 + number_of(name));
}

std::string Cluster::log_of(const std::string& name) const {
  return contents(directory_ / "log" / (name + ".log"));
}

long Cluster::memory_kib(const std::string& name) const {
  const std::string status = contents("/proc/" + std::to_string(pid(name)) + "/status");
  const size_t at = status.find("VmRSS:");
  return at == std::string::npos ? 0 : std::stol(status.substr(at + 6));
}

size_t Cluster::descriptors(const std::string& name) const {
  const fs::directory_iterator all("/proc/" + std::to_string(pid(name)) + "/fd");
  return static_cast<size_t>(std::distance(begin(all), end(all)));
}

Outcome Cluster::script(const std::string& name, const std::vector<std::string>& arguments) const {
  std::vector<std::string> all{source_directory() / "tools" / name, "--dir", directory_};
  all.insert(all.end(), arguments.begin(), arguments.end());
  return run(all, 180s);
}

Outcome Cluster::talkctl(const std::vector<std::string>& arguments) const {
  std::vector<std::string> all{programs() / "talkctl", "--dir", directory_};
  all.insert(all.end(), arguments.begin(), arguments.end());
  return run(all);
}

void Cluster::add_user(const std::string& name) const {
  const Outcome outcome = talkctl({"user", "add", name, "--password", std::string(kPassword)});
  if (outcome.exit_code != 0) throw Unexpected("talkctl user add " + name + ": " + outcome.err);
}

std::vector<std::string> Cluster::names() const {
  std::vector<std::string> names;
  for (int k = 0; k < options_.login_servers; ++k) names.push_back("login_server_" + std::to_string(k));
  for (int k = 0; k < options_.msg_servers; ++k) names.push_back("msg_server_" + std::to_string(k));
  return names;
}

void Cluster::report_crashes() const {
  for (const std::string& name : names()) {
    for (const char* suffix : {".out", ".out.old"}) {
      const std::string output = contents(directory_ / "log" / (name + suffix));
      if (tells_of_a_crash(output)) ADD_FAILURE() << name << " wrote:\n" << output;
    }
  }
}

void Cluster::show_logs() const {
  for (const std::string& name : names()) {
    const std::vector<std::string> lines = lines_of(log_of(name));
    std::cout << "--- the end of " << name << "'s log\n";
    for (size_t i = lines.size() > 30 ? lines.size() - 30 : 0; i < lines.size(); ++i) std::cout << lines[i] << "\n";
  }
}

}  // namespace talkbeat::scenario
