src/ui/Toast.jsx:4:const SHOW_MS = 4200;
src/ui/Toast.jsx:5:const SHOW_ERROR_MS = 9000;
src/ui/Toast.jsx:11:export function Toast({ tone = "calm", text, onClose }) {
src/ui/Toast.jsx:19:  useEffect(() => { const t = setTimeout(onClose, ms); return () => clearTimeout(t); }, [text]);
src/ui/Toast.jsx:27:    <div role="status" className={`toast toast--${tone}`}>
src/ui/toast.css:3:.toast { position: fixed; bottom: 24px; right: 24px; z-index: 900; }
src/ui/toast.css:8:.toast--calm { background: #e8f1ee; }
src/ui/toast.css:9:.toast--alarm { background: #fbdcd3; }
src/ui/toast.css:10:.toast--proud { background: #fff3c4; }
src/ui/toast.css:14:@media (max-width: 480px) { .toast { left: 0; right: 0; } }
src/app/Upload.jsx:63:      toast.alarm("That file is larger than 80 MB");
src/app/Profile.jsx:118:    toast.proud("Saved!");
src/lib/toastBus.js:2:const LIMIT = 3; // never stack more than this
tests/ui/toast.spec.js:31:  expect(screen.getByRole("status")).toHaveTextContent("Saved!");
docs/adr/0017-toast.md:1:# 17. Use our own toast instead of react-hot-toast
