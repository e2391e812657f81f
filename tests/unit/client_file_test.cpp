// A file through the client library: asked for, moved over a second connection, gone on with after a loss, and never
// written anywhere but into its directory.
#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/thread_executor.h"
#include "tests/unit/client_fake_files.h"
#include "tests/unit/client_harness.h"
#include "tools/client/file_transfer.h"

namespace talkbeat {
namespace {

using namespace IM::BaseDefine;
using testing::ElementsAre;
namespace fs = std::filesystem;
using State = FileTransfer::State;
using Way = FileTransfer::Way;

std::string pattern(size_t count) {
  std::string bytes(count, '\0');
  for (size_t i = 0; i < count; ++i) bytes[i] = static_cast<char>((i * 2'654'435'761u) >> 13);
  return bytes;
}

std::string read_file(const fs::path& path) {
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

TEST_F(ClientFile, for_one_who_is_not_online_is_left_at_the_server) {
  transfer().send(kBob, directory / "photo.png", Way::kEither);
  ASSERT_TRUE(until_ended());
  EXPECT_EQ(transfer_->state(), State::kDone) << transfer_->problem();
  EXPECT_TRUE(transfer_->offer().offline);
  EXPECT_EQ(files.content, pattern(kSize));
  ASSERT_EQ(asked.size(), 2u);
  EXPECT_EQ(asked[1].file_name(), "photo.png");
  EXPECT_EQ(asked[1].file_size(), kSize);
  EXPECT_EQ(files.logins.at(0).file_role(), CLIENT_OFFLINE_UPLOAD);
  EXPECT_TRUE(std::ranges::is_sorted(told.progress));
  EXPECT_EQ(told.progress.back(), kSize);
}

TEST_F(ClientFile, for_one_who_is_online_goes_to_them) {
  peer_online = true;
  transfer().send(kBob, directory / "photo.png", Way::kEither);
  ASSERT_TRUE(until_ended());
  EXPECT_EQ(transfer_->state(), State::kDone) << transfer_->problem();
  EXPECT_FALSE(transfer_->offer().offline);
  EXPECT_EQ(told.ready, 1);
  EXPECT_EQ(files.content, pattern(kSize));
  EXPECT_EQ(files.logins.at(0).file_role(), CLIENT_REALTIME_SENDER);
}

TEST_F(ClientFile, online_only_fails_where_they_are_not) {
  transfer().send(kBob, directory / "photo.png", Way::kOnline);
  ASSERT_TRUE(until_ended());
  EXPECT_EQ(transfer_->problem(), "they are not online");
}

TEST_F(ClientFile, an_upload_goes_on_after_each_loss) {
  files.drop_after = 300'000;
  transfer().send(kBob, directory / "photo.png", Way::kOffline);
  ASSERT_TRUE(until_ended());
  EXPECT_EQ(transfer_->state(), State::kDone) << transfer_->problem();
  EXPECT_EQ(files.logins.size(), 4u);
  EXPECT_EQ(files.content, pattern(kSize));
  EXPECT_GE(told.paused, 3);
}

TEST_F(ClientFile, an_empty_one_is_sent_and_received) {
  std::ofstream(directory / "empty");
  transfer().send(kBob, directory / "empty", Way::kOffline);
  ASSERT_TRUE(until_ended());
  EXPECT_EQ(transfer_->state(), State::kDone) << transfer_->problem();
  told.ended = 0;
  FileOffer empty = offer();
  empty.size = 0;
  FileTransfer second(*client, network, worker, settings, static_cast<FileTransfer::Listener&>(told));
  second.receive(empty, directory / "in");
  ASSERT_TRUE(until_ended());
  EXPECT_EQ(second.state(), State::kDone) << second.problem();
  EXPECT_THAT(received(), ElementsAre("photo.png"));
}

TEST_F(ClientFile, what_cannot_be_sent_is_said) {
  transfer().send(kBob, directory / "nothing", Way::kOffline);
  ASSERT_TRUE(until_ended());
  EXPECT_NE(transfer_->problem().find("No such file"), std::string::npos);
  told.ended = 0;
  FileTransfer second(*client, network, worker, settings, static_cast<FileTransfer::Listener&>(told));
  second.send(kBob, directory, Way::kOffline);
  ASSERT_TRUE(until_ended());
  EXPECT_NE(second.problem().find("is a directory"), std::string::npos);
  EXPECT_TRUE(asked.empty());
}

TEST_F(ClientFile, a_refusal_of_the_server_ends_it_with_words) {
  result = ERROR_LIMIT_REACHED;
  transfer().send(kBob, directory / "photo.png", Way::kOffline);
  ASSERT_TRUE(until_ended());
  EXPECT_EQ(transfer_->problem(), "that is more than the server allows");
}

TEST_F(ClientFile, asked_for_while_the_connection_is_lost_it_is_asked_again) {
  int lost = 0;
  server.intercept = [&](Connection& connection, const PduHeader& header, std::span<const std::byte> body) {
    if (header.command_id != CID_FILE_REQUEST || ++lost > 2) return take_request(connection, header, body);
    connection.close(CloseReason::kIoError);
    return true;
  };
  transfer().send(kBob, directory / "photo.png", Way::kOffline);
  ASSERT_TRUE(until_ended());
  EXPECT_EQ(transfer_->state(), State::kDone) << transfer_->problem();
  EXPECT_EQ(asked.size(), 1u);
}

TEST_F(ClientFile, that_changes_while_it_is_sent_fails) {
  told.at_progress = [&](FileTransfer& at) {
    if (at.bytes() >= 200'000) std::ofstream(directory / "photo.png", std::ios::app) << "more";
  };
  transfer().send(kBob, directory / "photo.png", Way::kOffline);
  ASSERT_TRUE(until_ended());
  EXPECT_EQ(transfer_->problem(), "photo.png has changed while it was being sent");
  EXPECT_TRUE(until([&] { return !files.states.empty(); }));
  EXPECT_THAT(files.states, ElementsAre(CLIENT_FILE_CANCEL));
}

TEST_F(ClientFile, refused_by_the_receiver_ends_with_that) {
  files.upload_size = kSize;
  peer_online = true;
  told.at_progress = [&](FileTransfer&) { files.say(CLIENT_FILE_REFUSE); };
  transfer().send(kBob, directory / "photo.png", Way::kOnline);
  ASSERT_TRUE(until_ended());
  EXPECT_EQ(transfer_->problem(), "they refused it");
}

TEST_F(ClientFile, a_pull_of_what_is_not_there_is_refused) {
  files.done_at_end = false;
  transfer().send(kBob, directory / "photo.png", Way::kOffline);
  ASSERT_TRUE(until([&] { return files.content.size() == kSize; }));
  files.pull(kSize, 10);
  files.pull(0, 100 << 20);
  files.pull(0, 0);
  ASSERT_TRUE(until([&] { return files.refusals.size() == 3; }));
  EXPECT_EQ(transfer_->state(), State::kRunning);
}

TEST_F(ClientFile, too_many_pulls_at_a_time_end_the_connection) {
  files.done_at_end = false;
  transfer().send(kBob, directory / "photo.png", Way::kOffline);
  ASSERT_TRUE(until([&] { return files.content.size() == kSize; }));
  for (size_t i = 0; i < 3 * OutgoingFile::kMaxPulls; ++i) files.pull(0, 500'000);
  EXPECT_TRUE(until([&] { return told.paused > 0; }));
}

TEST_F(ClientFile, cancelled_tells_the_other_end) {
  told.at_progress = [](FileTransfer& at) { at.cancel(); };
  transfer().send(kBob, directory / "photo.png", Way::kOffline);
  ASSERT_TRUE(until([&] { return !files.states.empty(); }));
  EXPECT_THAT(files.states, ElementsAre(CLIENT_FILE_CANCEL));
  EXPECT_EQ(told.ended, 1);
  EXPECT_TRUE(transfer_->cancelled());
}

TEST_F(ClientFile, cancelled_before_it_is_connected_tells_the_other_end_too) {
  transfer().send(kBob, directory / "photo.png", Way::kOffline);
  ASSERT_TRUE(until([&] { return told.offered == 1; }));
  transfer_->cancel();
  ASSERT_TRUE(until_ended());
  EXPECT_EQ(transfer_->state(), State::kFailed);
  ASSERT_TRUE(until([&] { return !files.states.empty(); }));
  EXPECT_THAT(files.states, ElementsAre(CLIENT_FILE_CANCEL));
}

TEST_F(ClientFile, that_waits_at_the_server_is_received_and_taken_off) {
  transfer().receive(offer(), directory / "in");
  ASSERT_TRUE(until_ended());
  EXPECT_EQ(transfer_->state(), State::kDone) << transfer_->problem();
  EXPECT_EQ(transfer_->saved_as(), "photo.png");
  EXPECT_THAT(received(), ElementsAre("photo.png"));
  EXPECT_EQ(read_file(directory / "in" / "photo.png"), pattern(kSize));
  EXPECT_THAT(files.states, ElementsAre(CLIENT_FILE_DONE));
  EXPECT_EQ(deleted, 1);
}

TEST_F(ClientFile, received_goes_on_after_each_loss) {
  files.drop_after = 400'000;
  transfer().receive(offer(false), directory / "in");
  ASSERT_TRUE(until_ended());
  EXPECT_EQ(transfer_->state(), State::kDone) << transfer_->problem();
  EXPECT_GE(files.logins.size(), 3u);
  EXPECT_EQ(read_file(directory / "in" / "photo.png"), pattern(kSize));
  EXPECT_EQ(deleted, 0) << "an online file lies nowhere";
}

TEST_F(ClientFile, a_server_that_gives_less_than_was_asked_for_is_followed) {
  files.max_chunk = 7'777;
  transfer().receive(offer(), directory / "in");
  ASSERT_TRUE(until_ended());
  EXPECT_EQ(transfer_->state(), State::kDone) << transfer_->problem();
  EXPECT_EQ(read_file(directory / "in" / "photo.png"), pattern(kSize));
  EXPECT_LT(files.pulled_at.size(), 2 * kSize / 7'777) << "it goes on asking for more than it gets";
}

TEST_F(ClientFile, a_server_that_takes_fewer_requests_at_a_time_gets_fewer) {
  files.max_pulls = 2;
  transfer().receive(offer(), directory / "in");
  ASSERT_TRUE(until([&] {
    files.answer_held();
    return told.ended == 1;
  }));
  EXPECT_EQ(transfer_->state(), State::kDone) << transfer_->problem();
  EXPECT_EQ(files.logins.size(), 1u);
  EXPECT_EQ(read_file(directory / "in" / "photo.png"), pattern(kSize));
}

TEST_F(ClientFile, begun_by_an_earlier_run_is_gone_on_with) {
  std::ofstream(directory / "in" / "photo.png.task.part", std::ios::binary) << pattern(600'000);
  transfer().receive(offer(), directory / "in");
  ASSERT_TRUE(until_ended());
  EXPECT_EQ(transfer_->state(), State::kDone) << transfer_->problem();
  EXPECT_EQ(files.pulled_at.at(0), 600'000u);
  EXPECT_EQ(read_file(directory / "in" / "photo.png"), pattern(kSize));
  EXPECT_THAT(received(), ElementsAre("photo.png"));
}

TEST_F(ClientFile, nothing_is_overwritten) {
  std::ofstream(directory / "in" / "photo.png") << "mine";
  std::ofstream(directory / "in" / "photo (1).png") << "mine too";
  transfer().receive(offer(), directory / "in");
  ASSERT_TRUE(until_ended());
  EXPECT_EQ(transfer_->saved_as(), "photo (2).png");
  EXPECT_EQ(read_file(directory / "in" / "photo.png"), "mine");
}

TEST_F(ClientFile, a_name_with_a_path_stays_in_the_directory) {
  transfer().receive(offer(true, "../../photo.png"), directory / "in");
  ASSERT_TRUE(until_ended());
  EXPECT_EQ(transfer_->saved_as(), "photo.png");
  EXPECT_THAT(received(), ElementsAre("photo.png"));
}

TEST_F(ClientFile, a_link_in_the_place_of_the_part_is_not_followed) {
  std::ofstream(directory / "precious") << "precious";
  fs::create_symlink(directory / "precious", directory / "in" / "photo.png.task.part");
  transfer().receive(offer(), directory / "in");
  ASSERT_TRUE(until_ended());
  EXPECT_EQ(transfer_->state(), State::kFailed);
  EXPECT_EQ(read_file(directory / "precious"), "precious");
}

TEST_F(ClientFile, a_directory_that_is_not_there_is_said) {
  transfer().receive(offer(), directory / "nowhere");
  ASSERT_TRUE(until_ended());
  EXPECT_NE(transfer_->problem().find("No such file or directory"), std::string::npos);
}

TEST_F(ClientFile, the_sender_who_goes_leaves_no_part) {
  told.at_progress = [&](FileTransfer&) { files.say(CLIENT_FILE_CANCEL); };
  FileOffer online = offer(false);
  online.size += 5;  // never complete
  files.content += "12345";
  transfer().receive(online, directory / "in");
  ASSERT_TRUE(until_ended());
  EXPECT_EQ(transfer_->problem(), "the sender cancelled it, or went offline");
  EXPECT_TRUE(until([&] { return received().empty(); }));
}

TEST_F(ClientFile, unknown_to_the_server_fails_at_once) {
  files.login_result = FILE_SERVER_ERRNO_LOGIN_INVALID_TOKEN;
  transfer().receive(offer(), directory / "in");
  ASSERT_TRUE(until_ended());
  EXPECT_EQ(transfer_->problem(), "the server does not know this file (any more)");
  EXPECT_EQ(files.logins.size(), 1u);
}

TEST_F(ClientFile, a_server_with_too_much_to_do_is_asked_again) {
  files.login_result = FILE_SERVER_ERRNO_CREATE_TASK_ERROR;
  transfer().receive(offer(), directory / "in");
  ASSERT_TRUE(until([&] { return files.logins.size() == 3; }));
  files.login_result = 0;
  ASSERT_TRUE(until_ended());
  EXPECT_EQ(transfer_->state(), State::kDone) << transfer_->problem();
}

TEST_F(ClientFile, where_its_server_is_gone_the_client_s_own_one_is_asked_once) {
  FileOffer lost = offer();
  lost.servers = {{"127.0.0.1", 1}};
  transfer().receive(lost, directory / "in");
  ASSERT_TRUE(until([&] { return told.paused > 5; }));
  EXPECT_EQ(asked_neighbour, 1) << "it does not have it";
  EXPECT_EQ(transfer_->state(), State::kRunning) << "what a guessed one refuses ends nothing";
}

TEST_F(ClientFile, a_place_that_is_not_to_be_reached_is_given_up) {
  settings.give_up_ms = 200;
  FileOffer unreachable = offer();
  unreachable.servers = {{"127.0.0.1", 1}};
  transfer().receive(unreachable, directory / "in");
  ASSERT_TRUE(until_ended());
  EXPECT_EQ(transfer_->state(), State::kFailed);
  EXPECT_GE(told.paused, 1);
}

TEST_F(ClientFile, no_bytes_for_too_long_makes_another_connection_and_in_the_end_a_failure) {
  settings.stall_timeout_ms = 50;
  files.answers = false;
  transfer().receive(offer(), directory / "in");
  ASSERT_TRUE(until_ended());
  EXPECT_EQ(transfer_->problem(), "no bytes came");
  EXPECT_EQ(files.logins.size(), size_t{IncomingFile::kMaxStalls});
  EXPECT_LE(files.pulled_at.size(), size_t{IncomingFile::kMaxStalls} * settings.window);
}

TEST_F(ClientFile, refusing_tells_the_sender) {
  transfer().refuse(offer());
  ASSERT_TRUE(until_ended());
  EXPECT_TRUE(until([&] { return !files.states.empty(); }));
  EXPECT_THAT(files.states, ElementsAre(CLIENT_FILE_REFUSE));
  EXPECT_TRUE(received().empty());
}

TEST_F(ClientFile, destroyed_in_the_middle_nothing_is_touched) {
  transfer().receive(offer(), directory / "in");
  ASSERT_TRUE(until([&] { return !told.progress.empty(); }));
  transfer_.reset();
  ASSERT_TRUE(until([&] { return worker.pending() == 0; }));
  for (int i = 0; i < 5; ++i) loop.turn(5);
  EXPECT_EQ(told.ended, 0);
}

}  // namespace
}  // namespace talkbeat
