// What the pages use of htm, for the type checker only.
declare const htm: {
  bind<Node>(h: (type: unknown, props: object | null, ...children: unknown[]) => Node): (parts: TemplateStringsArray, ...values: unknown[]) => Node;
};
export default htm;
