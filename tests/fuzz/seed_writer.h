#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "proto/command_of.h"
#include "tests/fuzz/script.h"

namespace talkbeat::fuzz {

/// A script, step by step.
///
///   write_seed("client_handlers", ScriptWriter().special(0, 0).pdu(0, IMMsgData()).bytes());
class ScriptWriter {
 public:
  template <class Message>
  ScriptWriter& pdu(uint8_t connection, const Message& message) {
    return pdu(connection, kCommandOf<Message>, message.SerializePartialAsString());
  }
  ScriptWriter& pdu(uint8_t connection, uint16_t command, std::string body) {
    steps_.push_back({Step::Kind::kPdu, connection, 0, command, std::move(body)});
    return *this;
  }
  ScriptWriter& raw(uint8_t connection, std::string bytes) {
    steps_.push_back({Step::Kind::kRaw, connection, 0, 0, std::move(bytes)});
    return *this;
  }
  ScriptWriter& socket(uint8_t connection, SocketEvent event) {
    return step(Step::Kind::kSocket, connection, static_cast<uint8_t>(event));
  }
  ScriptWriter& time(uint8_t argument) { return step(Step::Kind::kTime, 0, argument); }
  ScriptWriter& workers(uint8_t bits) { return step(Step::Kind::kWorkers, 0, bits); }
  ScriptWriter& special(uint8_t connection, uint8_t argument) {
    return step(Step::Kind::kSpecial, connection, argument);
  }
  std::string bytes() const { return write_script(steps_); }

 private:
  ScriptWriter& step(Step::Kind kind, uint8_t connection, uint8_t argument) {
    steps_.push_back({kind, connection, argument, 0, ""});
    return *this;
  }

  std::vector<Step> steps_;
};

/// Where seeds go: a directory a target below `root`; their names are numbers.
class SeedWriter {
 public:
  explicit SeedWriter(std::filesystem::path root) : root_(std::move(root)) {}
  void write(const std::string& target, std::string_view bytes);

 private:
  std::filesystem::path root_;
};

// The seeds of all targets, each file of them a kind.
void write_core_seeds(SeedWriter& seeds, const std::filesystem::path& source);
void write_server_seeds(SeedWriter& seeds);
void write_client_seeds(SeedWriter& seeds);
void write_http_seeds(SeedWriter& seeds);

}  // namespace talkbeat::fuzz
