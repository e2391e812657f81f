#pragma once

#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/thread_executor.h"
#include "tests/unit/client_fake_files.h"
#include "tests/unit/client_harness.h"
#include "tools/client/file_transfer.h"

namespace talkbeat::client_file_test {

using namespace IM::BaseDefine;
using testing::ElementsAre;
namespace fs = std::filesystem;
using State = FileTransfer::State;
using Way = FileTransfer::Way;

inline std::string pattern(size_t count) {
  std::string bytes(count, '\0');
  for (size_t i = 0; i < count; ++i) bytes[i] = static_cast<char>((i * 2'654'435'761u) >> 13);
  return bytes;
}

inline std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

struct TransferRecorder final : FileTransfer::Listener {
  int offered = 0;
  int ready = 0;
  int paused = 0;
  int ended = 0;
  std::vector<uint32_t> progress;
  std::function<void(FileTransfer&)> at_progress = [](FileTransfer&) {};

  void on_file_offered(FileTransfer&) override { ++offered; }
  void on_file_peer_ready(FileTransfer&) override { ++ready; }
  void on_file_progress(FileTransfer& transfer) override {
    progress.push_back(transfer.bytes());
    at_progress(transfer);
  }
  void on_file_paused(FileTransfer&, const std::string&) override { ++paused; }
  void on_file_ended(FileTransfer&) override { ++ended; }
};

class ClientFile : public ClientHarness {
 protected:
  static constexpr uint32_t kSize = 1'000'003;

  ClientFile() {
    directory = fs::temp_directory_path() / ("client_file_test." + std::to_string(::getpid()));
    fs::remove_all(directory);
    fs::create_directories(directory / "in");
    std::ofstream(directory / "photo.png", std::ios::binary) << pattern(kSize);
    settings.backoff = {.first_ms = 1, .max_ms = 10};
    server.intercept = [this](Connection& connection, const PduHeader& header, std::span<const std::byte> body) {
      return take_request(connection, header, body);
    };
  }
  ~ClientFile() override { fs::remove_all(directory); }

  bool take_request(Connection& connection, const PduHeader& header, std::span<const std::byte> body) {
    const int size = static_cast<int>(body.size());
    if (header.command_id == CID_FILE_REQUEST) {
      IM::File::IMFileReq request;
      EXPECT_TRUE(request.ParseFromArray(body.data(), size));
      asked.push_back(request);
      answer(connection, header, request);
      return true;
    }
    if (header.command_id == CID_FILE_LOGIN_REQ) {  // a neighbour without the file
      ++asked_neighbour;
      IM::File::IMFileLoginRsp refusal;
      refusal.set_result_code(FILE_SERVER_ERRNO_LOGIN_INVALID_TOKEN);
      refusal.set_task_id("task");
      send_pdu(connection, refusal, header.seq_num);
      connection.close(CloseReason::kLoginRefused);
      return true;
    }
    if (header.command_id == CID_FILE_DEL_OFFLINE_REQ) {
      ++deleted;
      return true;
    }
    if (header.command_id != CID_FILE_HAS_OFFLINE_REQ) return false;
    IM::File::IMFileHasOfflineRsp list;
    list.set_user_id(FakeServer::kUser);
    send_pdu(connection, list, header.seq_num);
    return true;
  }
  void answer(Connection& connection, const PduHeader& header, const IM::File::IMFileReq& request) {
    IM::File::IMFileRsp response;
    const bool online = request.trans_mode() == FILE_TYPE_ONLINE;
    response.set_result_code(online && !peer_online ? uint32_t{ERROR_NOT_ONLINE} : result);
    response.set_from_user_id(FakeServer::kUser);
    response.set_to_user_id(request.to_user_id());
    response.set_file_name(request.file_name());
    response.set_task_id("task");
    response.set_trans_mode(request.trans_mode());
    auto* place = response.add_ip_addr_list();
    place->set_ip(files.address().ip);
    place->set_port(files.address().port);
    files.upload_size = request.file_size();
    send_pdu(connection, response, header.seq_num);
  }

  FileTransfer& transfer() {
    start();
    EXPECT_TRUE(until_synced());
    transfer_ =
        std::make_unique<FileTransfer>(*client, network, worker, settings, static_cast<FileTransfer::Listener&>(told));
    return *transfer_;
  }
  bool until_ended() {
    return until([&] { return told.ended == 1; });
  }
  FileOffer offer(bool offline = true, const std::string& name = "photo.png") {
    files.content = pattern(kSize);
    return {.from = kBob,
            .to = FakeServer::kUser,
            .name = name,
            .size = kSize,
            .task_id = "task",
            .servers = {files.address()},
            .offline = offline};
  }
  std::vector<std::string> received() {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(directory / "in")) names.push_back(entry.path().filename());
    std::ranges::sort(names);
    return names;
  }

  fs::path directory;
  FakeFileServer files{loop};
  FileOptions settings;
  ThreadExecutor worker{"files", 1, 64, [this](Task task) { loop.post(std::move(task)); }};
  TransferRecorder told;
  std::vector<IM::File::IMFileReq> asked;
  uint32_t result = 0;
  bool peer_online = false;
  int deleted = 0;
  int asked_neighbour = 0;
  std::unique_ptr<FileTransfer> transfer_;
};

}  // namespace talkbeat::client_file_test
